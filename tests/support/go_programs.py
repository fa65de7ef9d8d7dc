"""Programs in Go around a real module, built once and kept between runs."""

import os
import shutil
import unittest

from support import client_cache

GO_MOD = "module lossd.test/client\n\ngo 1.20\n"


def go_program(source, *modules, seconds=240):
    """The path of the program that `source` (package main) becomes with `modules` ("path@version"). A skip where there is no Go, or where
    they cannot be had."""
    return _build(modules, ["build", "."], {"main.go": source}, seconds)


def go_command(package, version, tags="", seconds=1800):
    """As go_program, of a program that a module has itself."""
    return _build((f"{package}@{version}",), ["build", "-tags", tags, package], {}, seconds)


def _build(modules, build, sources, seconds):
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin:/usr/lib/go/bin")
    if go is None:
        raise unittest.SkipTest("go is not installed")

    def write(place):
        for name, text in {"go.mod": GO_MOD, **sources}.items():
            (place / name).write_text(text)
    # No other toolchain is fetched, and nothing of the user's own settings counts.
    with_environment = ["env", "GOTOOLCHAIN=local", "GOFLAGS=-mod=mod", "GOWORK=off", "CGO_ENABLED=0", f"HOME={os.environ.get('HOME', '/root')}", go]
    commands = lambda _: [[*with_environment, "get", *modules], [*with_environment, build[0], "-o", "program", *build[1:]]]
    return client_cache.obtain(" ".join(modules), (modules, build, sources), write, commands, seconds) / "program"
