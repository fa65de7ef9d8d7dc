"""What every test of the running program needs: where the programs are, a temporary folder, and bounded waits."""

import functools
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("LOSSD_BIN_DIR", ROOT / "build/debug/bin"))
LOSSD = str(BIN / "lossd")
DEMO_TRAINER = str(BIN / "demo_trainer")

# The exit code that CTest is told to read as "skipped".
SKIPPED = 77


def wait_until(condition, what, seconds=60):
    """Asks until `condition()` is true and returns what it gave. An OSError counts as "not yet"."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            result = condition()
            if result:
                return result
        except OSError:
            result = None
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what}; last: {result!r}")
        time.sleep(0.02)


def find_program(name):
    """The path of a program that Debian packages, or a skip that says so."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/bin")
    if path is None:
        raise unittest.SkipTest(f"{name} is not installed (./dev setup installs it)")
    return path


@functools.cache
def sanitized():
    """Whether the programs carry a sanitizer: its runtime must be loaded first, and its own memory is beside theirs."""
    symbols = subprocess.run(["nm", "-D", LOSSD], capture_output=True).stdout
    return b"__asan_init" in symbols or b"__tsan_init" in symbols


def run(*command, **options):
    """Runs a command to its end and returns it with its output as text."""
    options.setdefault("timeout", 300)
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)


class TestCase(unittest.TestCase):
    """One temporary folder a test; whatever is started through it is ended with it."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lossd-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def start(self, *command, **options):
        process = subprocess.Popen([str(part) for part in command], **options)
        self.addCleanup(end, process)
        return process

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def append(self, name, text):
        with open(self.folder / name, "a") as file:
            file.write(text)
        return self.folder / name


def end(process):
    """Ends a process that we started, by force where asking does not help."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stream.close()


def main():
    """unittest's main, but a file whose every test was skipped says so by its exit code, and one without tests fails."""
    program = unittest.main(exit=False, verbosity=2)
    result = program.result
    # A class that is skipped as a whole counts as one skip and no test.
    if result.wasSuccessful() and result.skipped and len(result.skipped) >= result.testsRun:
        sys.exit(SKIPPED)
    sys.exit(0 if result.wasSuccessful() and result.testsRun > 0 else 1)
