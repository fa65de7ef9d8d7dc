#!/usr/bin/python3
"""Lists in SPDX 2.3 what a static build of lossd is made of: sbom.py ROOT BUILD ARCHITECTURE VERSION

ROOT is the Debian that it was built in, BUILD the build folder below the tree. Which libraries were linked is read from the linker's
map, which headers were compiled from ninja's record of dependencies; what each is, from dpkg's own data and the copyright files.
"""

import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

# Built from Debian's sources, for want of a static library in the package: the source's name as dpkg knows it.
FROM_SOURCE = ("simdjson", "prometheus-cpp")
# In the program as data, which neither tells: the file, and its licence, where Debian's copyright file is no machine-readable one.
EMBEDDED = {"/usr/share/javascript/dygraphs/dygraph.min.js": "MIT"}


def dpkg_query(root, *arguments):
    return subprocess.run(["dpkg-query", f"--admindir={root}/var/lib/dpkg", *arguments], capture_output=True, text=True, check=False).stdout


def files_used(build):
    """Absolute paths in ROOT: the static libraries of the map, and every header that was read."""
    text = (build / "lossd.map").read_text(errors="replace")
    used = set(re.findall(r"^(?:LOAD )?(/(?:usr|opt)/\S+?\.a)(?:\(|$)", text, re.MULTILINE))
    used |= set(re.findall(r"^ +(/(?:usr|opt)/\S+)$", (build / "lossd.deps").read_text(), re.MULTILINE))
    used |= EMBEDDED.keys()
    # A name may have .. in it; dpkg knows the plain one.
    return {os.path.normpath(path) for path in used}


def packages_of(root, paths, architecture):
    """Names (with their architecture, where dpkg says it) of the packages that the paths belong to."""
    found, paths = set(), sorted(path for path in paths if path.startswith("/usr/"))
    for first in range(0, len(paths), 200):
        for line in dpkg_query(root, "-S", *paths[first:first + 200]).splitlines():
            names = [name.strip() for name in line.rpartition(": ")[0].split(", ") if not name.startswith("diversion")]
            own = [name for name in names if ":" not in name or name.endswith(f":{architecture}")]
            # Headers alone serve another architecture as well, as Boost's do where lossd is compiled across.
            found |= set(own or names)
    return found


def licences(root, package):
    """The short names in a machine-readable copyright file, in order; none where it is another kind of file."""
    path = pathlib.Path(root, "usr/share/doc", package.split(":")[0], "copyright")
    text = path.read_text(errors="replace") if path.exists() else ""
    return sorted(set(re.findall(r"^License: *(\S.*)$", text, re.MULTILINE))) if text.startswith("Format:") else []


def entry(name, version, source, purl, comment, names):
    identity = "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)
    return {
        "SPDXID": identity, "name": name, "versionInfo": version, "supplier": "Organization: Debian", "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False, "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION", "copyrightText": "NOASSERTION",
        "sourceInfo": f"Debian source package {source}", "comment": comment,
        **({"licenseComments": "As named by Debian: " + "; ".join(names)} if names else {}),
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}],
    }


def libraries(root, build, architecture):
    found = []
    paths = files_used(build)
    for package in sorted(packages_of(root, paths, architecture)):
        fields = "${Version}\t${source:Package}\t${source:Version}\t${Architecture}"
        version, source, source_version, its_architecture = dpkg_query(root, "-W", f"-f={fields}", package).split("\t")
        own = paths & set(dpkg_query(root, "-L", package).splitlines())
        linked = any(path.endswith(".a") for path in own)
        embedded = sorted(EMBEDDED[path] for path in own & EMBEDDED.keys())
        found.append(entry(package.split(":")[0], version, f"{source} {source_version}",
                           f"pkg:deb/debian/{package.split(':')[0]}@{version}?arch={its_architecture}&distro=debian-12",
                           "embedded as data" if embedded else "linked statically" if linked else "headers",
                           licences(root, package) or embedded))
    for name in FROM_SOURCE:
        (description,) = pathlib.Path(root, "opt/lossd/source").glob(f"{name}_*.dsc")
        version = re.search(r"^Version: (\S+)", description.read_text(), re.MULTILINE).group(1)
        copyright_file = pathlib.Path(root, "opt/lossd/source", name, "debian/copyright").read_text(errors="replace")
        found.append(entry(name, version, f"{name} {version}", f"pkg:deb/debian/{name}@{version}?arch=source&distro=debian-12",
                           "built from Debian's source and linked statically",
                           sorted(set(re.findall(r"^License: *(\S.*)$", copyright_file, re.MULTILINE)))))
    return found


def main():
    root, build, architecture, version = sys.argv[1:]
    build = pathlib.Path(build)
    program = (build / "bin/lossd").read_bytes()
    digest = hashlib.sha256(program).hexdigest()
    parts = libraries(root, build, architecture)
    created = subprocess.run(["date", "-u", "-d", f"@{os.environ.get('SOURCE_DATE_EPOCH') or int((build / 'bin/lossd').stat().st_mtime)}",
                              "+%Y-%m-%dT%H:%M:%SZ"], capture_output=True, text=True, check=True).stdout.strip()
    lossd = {"SPDXID": "SPDXRef-lossd", "name": "lossd", "versionInfo": version, "supplier": "NOASSERTION", "downloadLocation": "NOASSERTION",
             "filesAnalyzed": False, "licenseConcluded": "Apache-2.0", "licenseDeclared": "Apache-2.0", "copyrightText": "NOASSERTION",
             "primaryPackagePurpose": "APPLICATION", "checksums": [{"algorithm": "SHA256", "checksumValue": digest}],
             "comment": "The checksum is that of the program before it was stripped."}
    relations = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-lossd"}]
    relations += [{"spdxElementId": "SPDXRef-lossd", "relatedSpdxElement": part["SPDXID"],
                   "relationshipType": "STATIC_LINK" if "linked" in part["comment"] else "CONTAINS" if "embedded" in part["comment"]
                   else "BUILD_DEPENDENCY_OF"} for part in parts]
    for relation in relations:
        if relation["relationshipType"] == "BUILD_DEPENDENCY_OF":  # which is said of the dependency
            relation["spdxElementId"], relation["relatedSpdxElement"] = relation["relatedSpdxElement"], relation["spdxElementId"]
    json.dump({"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
               "name": f"lossd-{version}-linux-{architecture}", "documentNamespace": f"https://spdx.org/spdxdocs/lossd-{version}-{architecture}-{digest[:32]}",
               "creationInfo": {"created": created, "creators": ["Tool: lossd-sbom"]}, "packages": [lossd, *parts], "relationships": relations},
              sys.stdout, indent=1)


if __name__ == "__main__":
    main()
