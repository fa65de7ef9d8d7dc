"""What the list of parts says of a library that is in the program as data."""

import importlib.util
import pathlib

from support import testing

DYGRAPHS = pathlib.Path("/usr/share/javascript/dygraphs/dygraph.min.js")


def sbom():
    spec = importlib.util.spec_from_file_location("sbom", testing.ROOT / "deploy/packages/sbom.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Sbom(testing.TestCase):
    def test_the_chart_library_is_listed_with_its_licence(self):
        module = sbom()
        module.FROM_SOURCE = ()
        self.write("lossd.map", "LOAD /usr/lib/x86_64-linux-gnu/libz.a\n")
        self.write("lossd.deps", "  /usr/include/zlib.h\n")
        architecture = testing.run("dpkg", "--print-architecture").stdout.strip()
        parts = {part["name"]: part for part in module.libraries("/", self.folder, architecture)}
        chart = parts["libjs-dygraphs"]
        self.assertEqual(chart["comment"], "embedded as data")
        self.assertEqual(chart["licenseComments"], "As named by Debian: MIT")
        self.assertIn("zlib1g-dev", parts)

    def test_the_licence_goes_with_its_text(self):
        """In every page that is served, and beside the program of an image."""
        self.assertIn("(MIT)", DYGRAPHS.read_text()[:500])
        for installer in ("deploy/packages/static.sh", "src/cmake/install.cmake"):
            self.assertIn("/usr/share/doc/libjs-dygraphs/copyright", (testing.ROOT / installer).read_text())
        self.assertIn("Permission is hereby granted", pathlib.Path("/usr/share/doc/libjs-dygraphs/copyright").read_text())


if __name__ == "__main__":
    testing.main()
