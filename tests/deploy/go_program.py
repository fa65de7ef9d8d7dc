"""Builds the Go programs beside this file: Grafana's and Kubernetes' own types and linters are Go modules.

Debian 12 has Go 1.19, which is too old for them: where no newer one is found the test is skipped, and says so.
"""

import functools
import os
import pathlib
import re
import shutil
import unittest

from support import testing

HERE = pathlib.Path(__file__).resolve().parent
NEEDED = (1, 23)


def _version(go):
    match = go and re.search(r"go(\d+)\.(\d+)", testing.run(go, "version").stdout)
    return match and (int(match.group(1)), int(match.group(2)))


@functools.cache
def build(name):
    """The path of the program made from the module HERE/name. Skips the test where Go or its modules cannot be had."""
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    version = _version(go)
    if (version or (0, 0)) < NEEDED:
        raise unittest.SkipTest(f"{name} needs Go {NEEDED[0]}.{NEEDED[1]} or newer; found {version}")
    options = {"cwd": HERE / name, "env": {**os.environ, "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0"}, "timeout": 580}
    # Fetches the modules that the program is made of, and no other that they merely mention.
    modules = testing.run(go, "list", "-deps", ".", **options)
    if modules.returncode != 0:
        raise unittest.SkipTest(f"the modules of {name} cannot be fetched: {modules.stderr.strip()[-300:]}")
    program = testing.BIN / name
    built = testing.run(go, "build", "-o", program, ".", **options)
    if built.returncode != 0:
        raise AssertionError(built.stderr)
    return program
