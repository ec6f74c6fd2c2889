"""`sotto score` as processes of a test's own, over lines of every kind.

The test is called with SOURCE_DIR BUILD_DIR.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])


class ScoreProcess(unittest.TestCase):

    def setUp(self):
        if not (BUILD_DIR / "bin/sotto").exists():
            self.skipTest("SKIPPED: the programs are not built")
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.dir = pathlib.Path(temporary.name)
        verses = (SOURCE_DIR / "models/kjv-2m/heldout.txt").read_text(encoding="utf-8").splitlines()
        verses = [verse for verse in verses if len(verse) > 40][:60]
        lines = []
        for i, verse in enumerate(verses * 2):
            middle = verse.index(" ", len(verse) // 2)
            lines.append([{"text": verse, "id": i},
                          {"context": verse[:middle], "continuations": [verse[middle:], " and", " selah"]},
                          {"prompt": verse[:middle], "labels": [" the", " a"]},
                          verse][i % 4])
        self.write("in.jsonl", lines)
        self.lines = lines

    def write(self, name, lines):
        (self.dir / name).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")

    def start(self, *flags, **options):
        options = {"cwd": self.dir, "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                   "stderr": subprocess.PIPE} | options
        batch = [] if "--batch-size" in flags else ["--batch-size", "2"]
        return subprocess.Popen([BUILD_DIR / "bin/sotto", "score", *batch, *flags], **options)

    def score(self, *flags, code=0, **options):
        process = self.start(*flags, **options)
        out, err = process.communicate(timeout=300)
        self.assertEqual(process.returncode, code, err)
        return out, err.decode()

    def file(self, name):
        return (self.dir / name).read_bytes()

    def expected(self, *flags):
        self.score("--input", "in.jsonl", "--output", "expected.jsonl", *flags)
        return self.file("expected.jsonl")
