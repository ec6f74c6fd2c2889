"""Builds examples/embed against an installed Sotto, in an empty directory, as its users do.

Usage: embed_test.py SOURCE_DIR BUILD_DIR. Needs everything built.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

TEXT = "In the beginning God created the heaven and the earth."


def run(*command, **kwargs):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=300, check=False, **kwargs)


class Embedded(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.dir = pathlib.Path(cls.temporary.name)
        cls.prefix = cls.dir / "prefix"
        made = run("cmake", "--install", BUILD_DIR, "--prefix", cls.prefix)
        assert made.returncode == 0, made.stderr
        cls.model = cls.prefix / "share/sotto/models/kjv-2m"

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def env(self):
        return os.environ | {"PKG_CONFIG_PATH": str(self.prefix / "lib/pkgconfig"),
                             "LD_LIBRARY_PATH": str(self.prefix / "lib")}

    def expected(self):
        """Ids and log-probabilities as the command line writes them."""
        line = self.dir / "line.jsonl"
        done = run(self.prefix / "bin/sotto", "prefill", "--model", self.model, "--prompt", TEXT,
                   "--precision", "f32", "--output", self.dir / "r.json", "--logprobs", line)
        self.assertEqual(done.returncode, 0, done.stderr)
        scores = json.loads(line.read_text())
        return scores["ids"], scores["logprobs"]

    def check(self, program, **kwargs):
        done = run(program, self.model, TEXT, **kwargs)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        rows = [row.split(None, 2) for row in done.stdout.splitlines()]
        ids, logprobs = self.expected()
        self.assertEqual([int(row[0]) for row in rows], ids)
        # 17 digits: the same doubles, to the bit.
        self.assertEqual([float(row[1]) for row in rows[1:]], logprobs[1:])
        self.assertEqual(rows[0][1], "nan")
        failed = run(program, "/nonexistent", TEXT, **kwargs)
        self.assertEqual((failed.returncode, failed.stdout), (1, ""))
        self.assertIn("/nonexistent", failed.stderr)

    def test_with_find_package(self):
        source, build = self.dir / "source", self.dir / "build"
        shutil.copytree(self.prefix / "share/doc/sotto/examples/embed", source)
        made = run("cmake", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}")
        self.assertEqual(made.returncode, 0, made.stderr)
        made = run("cmake", "--build", build)
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        self.check(build / "embed")

    def test_with_pkg_config(self):
        flags = run("pkg-config", "--cflags", "--libs", "sotto", env=self.env())
        self.assertEqual(flags.returncode, 0, flags.stderr)
        program = self.dir / "embed"
        made = run("g++", SOURCE_DIR / "examples/embed/embed.cc", "-o", program,
                   *flags.stdout.split())
        self.assertEqual(made.returncode, 0, made.stderr)
        self.check(program, env=self.env())

    def test_every_public_header_stands_alone(self):
        headers = sorted((self.prefix / "include/sotto").glob("*.h"))
        self.assertGreaterEqual(len(headers), 5)
        for header in headers:
            with self.subTest(header=header.name):
                made = run("g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-x", "c++",
                           "-I", self.prefix / "include", header)
                self.assertEqual((made.returncode, made.stderr), (0, ""))

    # libprotobuf, which stays, ends the process if one file is registered twice.
    def test_the_library_stays_where_it_was_loaded(self):
        dynamic = run("readelf", "--dynamic", "--wide", self.prefix / "lib/libsotto.so").stdout
        self.assertRegex(dynamic, r"FLAGS_1.*NODELETE")

    def test_the_library_exports_the_public_names_only(self):
        library = self.prefix / "lib/libsotto.so"
        names = run("nm", "--dynamic", "--defined-only", "--demangle", library).stdout.splitlines()
        foreign = [name for name in names
                   if not any(f"sotto::{one}" in name
                              for one in ("CheckKeyset(", "EncodeContinuations(", "EncodeLabels(",
                                         "FormatVerdict[", "Model::", "ParseAttestationPolicy(", "Prefill::",
                                         "ReasonId[", "ReceiptFaultName(", "Scores::", "TcbStatusName(",
                                         "TextWindows::", "Validate(", "Verdict::", "VerdictToJson[",
                                         "VerifyQuote(", "VerifyReceipt(", "VerifyReport("))]
        self.assertEqual(foreign, [])
        for public in ("Prefill::Create", "CheckKeyset", "VerifyQuote", "VerifyReceipt", "VerifyReport"):
            self.assertTrue(any("sotto::" + public in name for name in names), public)


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument) for argument in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
