"""Builds the Go programs beside this file: Grafana's and Kubernetes' own types and linters are Go modules.

Debian 12 has Go 1.19, which is too old for them: where no newer one is found the test is skipped, and says so.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
NEEDED = (1, 23)
SKIPPED = 77


def _found(go):
    if not go:
        return None
    version = subprocess.run([go, "version"], capture_output=True, text=True).stdout
    match = re.search(r"go(\d+)\.(\d+)", version)
    return match and (int(match.group(1)), int(match.group(2)))


def _skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def build(name, output_directory):
    """The path of the program made from the module HERE/name. Exits with the skip code where Go or its modules cannot be had."""
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if (_found(go) or (0, 0)) < NEEDED:
        _skip(f"{name} needs Go {NEEDED[0]}.{NEEDED[1]} or newer; found {_found(go)}")
    environment = {**os.environ, "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0"}
    # Fetches the modules that the program is made of, and no other that they merely mention.
    modules = subprocess.run([go, "list", "-deps", "."], cwd=HERE / name, env=environment, capture_output=True, text=True)
    if modules.returncode != 0:
        _skip(f"the modules of {name} cannot be fetched: {modules.stderr.strip()[-300:]}")
    program = pathlib.Path(output_directory).resolve() / name
    subprocess.run([go, "build", "-o", program, "."], cwd=HERE / name, env=environment, check=True)
    return program
