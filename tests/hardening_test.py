"""Holds the programs to the hardening of cmake/sotto.cmake, read from the files themselves.

Usage: hardening_test.py SOURCE_DIR BUILD_DIR. Needs the programs built, in Release.
"""

import pathlib
import re
import subprocess
import sys
import unittest

PROGRAMS = ("sotto", "sotto-accelerator", "sotto-audit", "sotto-bench", "sotto-measure")
# Of the C library: a function of Debian's, checked against the size of its buffer.
FORTIFIED = re.compile(r"\bU __\w+_chk@GLIBC")


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


class Hardening(unittest.TestCase):

    def setUp(self):
        cache = (BUILD_DIR / "CMakeCache.txt").read_text()
        if not re.search("^CMAKE_BUILD_TYPE:[A-Z]+=Release$", cache, re.MULTILINE):
            self.skipTest("SKIPPED: not a Release build")
        self.programs = [BUILD_DIR / "bin" / name for name in PROGRAMS]
        for program in self.programs:
            if not program.exists():
                self.skipTest(f"SKIPPED: {program} is not built")

    def each(self, *command):
        """What `command` says of each program."""
        return [output(*command, program) for program in self.programs]

    def test_position_independent(self):
        for text in self.each("readelf", "-hldW"):
            self.assertRegex(text, r"Type:\s+DYN")
            self.assertRegex(text, r"\(FLAGS_1\)\s.*\bPIE\b")
            self.assertNotIn("TEXTREL", text)

    def test_relocations_are_read_only_and_done_at_start(self):
        for text in self.each("readelf", "-ldW"):
            self.assertIn("GNU_RELRO", text)
            self.assertRegex(text, r"\(FLAGS\)\s.*\bBIND_NOW\b")
            self.assertRegex(text, r"\(FLAGS_1\)\s.*\bNOW\b")

    def test_no_segment_is_writable_and_executable(self):
        for text in self.each("readelf", "-lW"):
            self.assertRegex(text, r"GNU_STACK .* RW  ")
            self.assertNotRegex(text, r"(?m)^\s+\w+( +0x[0-9a-f]+){5} RWE")

    def test_stack_is_protected(self):
        for text in self.each("nm", "-D"):
            self.assertIn("U __stack_chk_fail@", text)

    def test_fortified(self):
        for text in self.each("nm", "-D"):
            self.assertRegex(text, FORTIFIED)


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument) for argument in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
