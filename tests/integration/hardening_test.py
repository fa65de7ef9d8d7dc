"""What the compiler and the linker were asked for, looked for in the program itself."""

import os
import pathlib
import platform
import unittest

from support import testing


class Hardening(testing.TestCase):
    def read(self, *options):
        return testing.run(testing.find_program("readelf"), "--wide", *options, testing.LOSSD, check=True).stdout

    def test_the_program_is_laid_out_anew_at_each_start(self):
        self.assertIn("DYN (Position-Independent Executable file)", self.read("--file-header"))

    def test_what_the_loader_has_filled_in_cannot_be_written(self):
        headers = self.read("--program-headers", "--dynamic")
        self.assertIn("GNU_RELRO", headers)
        self.assertRegex(headers, r"FLAGS.*NOW")

    def test_no_memory_can_be_written_and_run(self):
        segments = [line.split() for line in self.read("--program-headers").splitlines() if line.strip().startswith(("LOAD", "GNU_STACK"))]
        self.assertTrue(segments)
        for segment in segments:
            flags = "".join(segment[6:-1])
            self.assertFalse("W" in flags and "E" in flags, segment)

    @unittest.skipUnless(os.environ.get("LOSSD_RELEASE"), "a debug build")
    def test_overflows_of_the_stack_and_of_buffers_end_the_program(self):
        symbols = self.read("--symbols")
        self.assertIn("__stack_chk_fail", symbols)
        self.assertRegex(symbols, r"__(memcpy|snprintf|read|memset|vsnprintf|memmove|sprintf|realpath|pread|strcpy|poll)_chk")

    @unittest.skipUnless(os.environ.get("LOSSD_RELEASE") and platform.machine() == "x86_64", "a debug build, or another processor")
    def test_branches_lead_to_where_a_branch_may_lead(self):
        self.assertGreater(pathlib.Path(testing.LOSSD).read_bytes().count(b"\xf3\x0f\x1e\xfa"), 1000)  # endbr64


if __name__ == "__main__":
    testing.main()
