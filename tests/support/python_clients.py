"""Real clients from PyPI, each set in an environment of its own that is kept between runs."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from support import testing


def _cache():
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "lossd-tests"


def interpreter(*packages, seconds=180):
    """The interpreter of an environment that holds `packages`, made on the first call. A skip where that cannot be had."""
    name = hashlib.sha256(repr((packages, sys.version_info[:2])).encode()).hexdigest()[:16]
    folder = _cache() / name
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    try:
        for command in ([sys.executable, "-m", "venv", folder],
                        [python, "-m", "pip", "install", "--quiet", "--prefer-binary", "--disable-pip-version-check", *packages]):
            made = testing.run(*command, timeout=seconds)
            if made.returncode != 0:
                raise unittest.SkipTest(f"cannot install {' '.join(packages)}: {(made.stderr or made.stdout).strip()[-300:]}")
    except (subprocess.TimeoutExpired, OSError) as error:
        raise unittest.SkipTest(f"cannot install {' '.join(packages)}: {error}") from None
    (folder / "complete").touch()
    return python


def run_script(test, python, script, *arguments, environment=None, timeout=120):
    """Runs a program of the client's user to its end; a failure shows what it wrote."""
    path = test.write(f"client-{abs(hash(script)) % 10000}.py", script)
    done = testing.run(python, path, *arguments, cwd=test.folder, timeout=timeout,
                       env={**os.environ, "PYTHONPATH": "", **(environment or {})})
    if done.returncode != 0:
        raise AssertionError(f"the client ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout
