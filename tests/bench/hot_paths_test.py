"""The instructions that a line, a sample and a line of the page take, as valgrind counts them: the same on a busy machine as on an idle one.
A path that takes more than twice of what hot_paths.json has for it fails. LOSSD_UPDATE_GOLDEN=1 writes what is counted now.

The counts are of one compiler's code on one kind of machine: others differ by a tenth or two, never by a factor of two.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = os.environ.get("LOSSD_BUILD_TYPE", "")
PROGRAM = pathlib.Path(os.environ.get("LOSSD_BIN_DIR", ".")) / "hot_paths"
RECORDED = pathlib.Path(__file__).with_name("hot_paths.json")
MOST_TIMES = 2
# What is done once is in both, and so in neither of the counts.
FEW, MANY = 250, 1250


def instructions(path, count):
    """Instructions of the counted functions, and how many lines or samples they were for."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", "--toggle-collect=*Counted*",
                               PROGRAM, path, str(count)], capture_output=True, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", done.stderr).group(1)), int(done.stdout)


def count_each(path):
    few, done_few = instructions(path, FEW)
    many, done_many = instructions(path, MANY)
    return round((many - few) / (done_many - done_few))


class HotPaths(unittest.TestCase):
    def test_take_as_many_instructions_as_recorded(self):
        recorded = json.loads(RECORDED.read_text())
        paths = subprocess.run([PROGRAM], capture_output=True, text=True, check=True).stdout.splitlines()
        counts = {path: count_each(path) for path in paths}
        if os.environ.get("LOSSD_UPDATE_GOLDEN"):
            RECORDED.write_text(json.dumps({**recorded, BUILD: counts}, indent=2) + "\n")
            return
        self.assertEqual(set(counts), set(recorded[BUILD]))
        for path, count in counts.items():
            with self.subTest(path):
                print(f"{path:<28} {count:8} instructions, {count / recorded[BUILD][path]:.2f} times those recorded")
                self.assertLess(count, MOST_TIMES * recorded[BUILD][path])


if __name__ == "__main__":
    if shutil.which("valgrind") is None:
        print("skipped: valgrind is not installed (./dev setup installs it)")
        sys.exit(77)
    if BUILD not in ("Debug", "Release"):
        print(f"skipped: nothing is recorded of a build of type '{BUILD}', and valgrind runs no sanitizer")
        sys.exit(77)
    unittest.main()
