"""Programs in Go around a real module, built once and kept between runs."""

import os
import shutil
import unittest

from support import client_cache

GO_MOD = "module lossd.test/client\n\ngo 1.20\n"


def go_program(source, *modules, seconds=240):
    """The path of the program that `source` (package main) becomes with `modules` ("path@version"). A skip where there is no Go, or where
    they cannot be had."""
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin:/usr/lib/go/bin")
    if go is None:
        raise unittest.SkipTest("go is not installed")

    def write(place):
        (place / "main.go").write_text(source)
        (place / "go.mod").write_text(GO_MOD)
    # No other toolchain is fetched, and nothing of the user's own settings counts.
    with_environment = ["env", "GOTOOLCHAIN=local", "GOFLAGS=-mod=mod", "GOWORK=off", "CGO_ENABLED=0", f"HOME={os.environ.get('HOME', '/root')}", go]
    commands = lambda _: [[*with_environment, "get", *modules], [*with_environment, "build", "-o", "program", "."]]
    return client_cache.obtain(" ".join(modules), (source, modules), write, commands, seconds) / "program"
