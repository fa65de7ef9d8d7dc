"""Clients from the registries, each kept between runs; a skip, with its reason, where one cannot be had."""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import time
import unittest

from support import testing

ATTEMPTS = 3
BUDGET = 240  # seconds, of all that one test program installs: less than CTest gives it, so that a slow registry is a skip
_spent = 0.0


def folder():
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "lossd-tests"


def obtain(what, key, make, commands, seconds):
    """The folder that `commands(folder)` have filled, on the first call and after `make(folder)`. Two tests that want the same wait for
    one another. Registries fail now and then: what does not work is tried again, as long as `seconds` are not over."""
    global _spent
    if not os.environ.get("LOSSD_LARGE_CLIENTS"):
        seconds = min(seconds, BUDGET - _spent)
    begin = time.monotonic()
    try:
        return _obtain(what, key, make, commands, begin + seconds)
    finally:
        _spent += time.monotonic() - begin


def _obtain(what, key, make, commands, deadline):
    place = folder() / hashlib.sha256(repr(key).encode()).hexdigest()[:16]
    place.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{place}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (place / "complete").exists():
            return place
        reason = "no time is left"
        for attempt in range(ATTEMPTS):
            if time.monotonic() > deadline:
                break
            if attempt > 0:
                time.sleep(attempt * 2)
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            make(place)
            reason = _run_all(commands(place), place, deadline)
            if reason is None:
                (place / "complete").touch()
                return place
    raise unittest.SkipTest(f"cannot install {what}: {reason}")


def _run_all(commands, place, deadline):
    """None where all of them succeed; else why one did not."""
    for command in commands:
        try:
            done = testing.run(*command, cwd=place, timeout=max(1, deadline - time.monotonic()))
        except (subprocess.TimeoutExpired, OSError) as error:
            return str(error)
        if done.returncode != 0:
            return (done.stderr or done.stdout).strip()[-300:]
    return None
