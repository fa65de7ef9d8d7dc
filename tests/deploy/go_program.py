"""Builds the Go programs beside this file: Grafana's and Kubernetes' own types and linters are Go modules.

Debian 12 has Go 1.19, which is too old for them: where no newer one is found the test is skipped, and says so.
"""

import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from support import testing

HERE = pathlib.Path(__file__).resolve().parent
NEEDED = (1, 23)


def _version(go):
    match = go and re.search(r"go(\d+)\.(\d+)", testing.run(go, "version").stdout)
    return match and (int(match.group(1)), int(match.group(2)))


@functools.cache
def find_go():
    """The path of the Go compiler. Skips the test where there is none that is new enough."""
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    version = _version(go)
    if (version or (0, 0)) < NEEDED:
        raise unittest.SkipTest(f"this needs Go {NEEDED[0]}.{NEEDED[1]} or newer; found {version}")
    return go


@functools.cache
def build(module, package=".", linker_flags="", seconds=1700):
    """The path of the program made of a package ("."; or one that go.mod requires) from the module HERE/module. Skips the test where
    Go or its modules cannot be had."""
    go = find_go()
    name = module if package == "." else package.rsplit("/", 1)[1]
    options = {"cwd": HERE / module, "env": {**os.environ, "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0"}, "timeout": seconds}
    # Fetches the modules that the program is made of, and no other that they merely mention.
    try:
        modules = testing.run(go, "list", "-deps", package, **options)
    except subprocess.TimeoutExpired:
        raise unittest.SkipTest(f"the modules of {name} cannot be fetched: nobody answers") from None
    if modules.returncode != 0:
        raise unittest.SkipTest(f"the modules of {name} cannot be fetched: {modules.stderr.strip()[-300:]}")
    program = testing.BIN / name
    built = testing.run(go, "build", "-ldflags", linker_flags, "-o", program, package, **options)
    if built.returncode != 0:
        raise AssertionError(built.stderr)
    return program


def fetch(module):
    """The folder of the source of a Go module, "PATH@VERSION". Skips the test where it cannot be fetched."""
    fetched = testing.run(find_go(), "mod", "download", "-json", module, timeout=580)
    if fetched.returncode != 0:
        raise unittest.SkipTest(f"{module} cannot be fetched: {fetched.stdout.strip()[-300:]}")
    return pathlib.Path(json.loads(fetched.stdout)["Dir"])
