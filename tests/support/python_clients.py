"""Real clients from PyPI, each set in an environment of its own that is kept between runs."""

import importlib.metadata
import os
import sys
import unittest

from support import client_cache, testing


def interpreter(*packages, seconds=180):
    """The interpreter of an environment that holds `packages`, made on the first call. A skip where that cannot be had."""
    key = (packages, sys.version_info[:2])
    install = ["-m", "pip", "install", "--quiet", "--prefer-binary", "--disable-pip-version-check", *packages]
    commands = lambda place: [[sys.executable, "-m", "venv", place], [place / "bin" / "python", *install]]
    return client_cache.obtain(" ".join(packages), key, lambda _: None, commands, seconds) / "bin" / "python"


def interpreter_with_torch(*packages, alone=(), seconds=220):
    """As interpreter, around the PyTorch that Debian has: PyPI's comes with gigabytes of CUDA. `alone` are installed without what they
    ask for, which `packages` must hold."""
    try:
        torch = f"torch=={importlib.metadata.version('torch')}"  # so that pip replaces it by no other
    except importlib.metadata.PackageNotFoundError:
        raise unittest.SkipTest("python3-torch is not installed: ./dev test and ./dev clients install it") from None
    install = ["-m", "pip", "install", "--quiet", "--prefer-binary", "--disable-pip-version-check"]
    commands = lambda place: [[sys.executable, "-m", "venv", "--system-site-packages", place],
                              [place / "bin" / "python", *install, torch, *packages],
                              [place / "bin" / "python", *install, "--no-deps", *alone]]
    key = ("torch", torch, packages, alone, sys.version_info[:2])
    return client_cache.obtain(" ".join((*packages, *alone)), key, lambda _: None, commands, seconds) / "bin" / "python"


def large_interpreter(*packages):
    """As interpreter, for what takes minutes and gigabytes: only where LOSSD_LARGE_CLIENTS says so, as `./dev clients` does."""
    if not os.environ.get("LOSSD_LARGE_CLIENTS"):
        raise unittest.SkipTest(f"{' '.join(packages)}: ./dev clients installs and runs them")
    return interpreter(*packages, seconds=1800)


def run_script(test, python, script, *arguments, environment=None, timeout=300):
    """Runs a program of the client's user to its end; a failure shows what it wrote."""
    path = test.write(f"client-{abs(hash(script)) % 10000}.py", script)
    done = testing.run(python, path, *arguments, cwd=test.folder, timeout=timeout,
                       env={**os.environ, "PYTHONPATH": "", **(environment or {})})
    if done.returncode != 0:
        raise AssertionError(f"the client ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout
