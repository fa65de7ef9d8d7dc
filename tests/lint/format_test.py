"""The sources are as clang-format wants them. Its verdict differs between versions; that of Debian 12 counts."""

import re
import unittest

from support import testing

VERSION = "14"


class Format(unittest.TestCase):
    def test_clang_format_changes_nothing(self):
        program = testing.find_program("clang-format")
        version = re.search(r"version (\d+)", testing.run(program, "--version").stdout).group(1)
        if version != VERSION:
            self.skipTest(f"clang-format {version} is not {VERSION}")
        files = [path for folder in ("src", "tests") for path in (testing.ROOT / folder).rglob("*") if path.suffix in (".h", ".cc")]
        done = testing.run(program, "--dry-run", "-Werror", *files)
        self.assertEqual(done.returncode, 0, done.stderr + "\n./dev format mends this")


if __name__ == "__main__":
    testing.main()
