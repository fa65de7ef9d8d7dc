"""What `./dev package` has built, and bare systems to try it in. Everything here needs root; what is missing skips the test."""

import os
import pathlib
import re
import shutil
import unittest

from support import testing

OUT = testing.ROOT / "build/packages"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "lossd/packages"
DEBIAN, UBUNTU = "http://deb.debian.org/debian", "http://archive.ubuntu.com/ubuntu"
UBUNTUS = ("xenial", "jammy", "noble")
VERSION = re.search(r"project\(lossd VERSION ([\d.]+)", (testing.ROOT / "CMakeLists.txt").read_text()).group(1)
ARCHITECTURES = ("amd64", "arm64")


def artifact(pattern):
    """The one file of that name in build/packages, or a skip."""
    found = sorted(OUT.glob(pattern))
    if not found:
        raise unittest.SkipTest(f"no {pattern} in build/packages: ./dev package makes it")
    (path,) = found
    return path


def bare(suite):
    """A bare Debian or Ubuntu, as debootstrap makes it: the folder of its root, never to be written to."""
    tree = CACHE / suite
    if (tree / "etc/debian_version").exists():
        return tree
    if os.geteuid() != 0:
        raise unittest.SkipTest("making a bare system needs root")
    CACHE.mkdir(parents=True, exist_ok=True)
    part = CACHE / f"{suite}.part"
    shutil.rmtree(part, ignore_errors=True)
    # One script makes every Ubuntu, also those that are younger than the debootstrap.
    source = (UBUNTU, "gutsy") if suite in UBUNTUS else (DEBIAN,)
    made = testing.run(testing.find_program("debootstrap"), "--variant=minbase", suite, part, *source, timeout=600)
    if made.returncode != 0:
        raise unittest.SkipTest(f"debootstrap cannot make {suite}: {(made.stdout + made.stderr)[-300:]}")
    part.rename(tree)
    return tree


class System(testing.TestCase):
    """A copy of a bare system that the test may change, at `root`."""

    def make(self, suite):
        if os.geteuid() != 0:
            self.skipTest("changing into a root folder needs root")
        self.root = self.folder / "root"
        copied = testing.run("cp", "-a", "--reflink=auto", bare(suite), self.root)
        self.assertEqual(copied.returncode, 0, copied.stderr)

    def inside(self, *command):
        """The command line that runs `command` in the system, with /proc."""
        return ("unshare", "--mount", "sh", "-ec", 'mount -t proc proc "$0/proc"; exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin '
                'HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$0" "$@"', self.root, *command)

    def run_inside(self, *command, check=True):
        done = testing.run(*self.inside(*command))
        if check:
            self.assertEqual(done.returncode, 0, f"{command}: {done.stdout}{done.stderr}")
        return done
