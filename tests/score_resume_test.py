"""`sotto score` killed and resumed: the lines are those of one run.

Usage: score_resume_test.py SOURCE_DIR BUILD_DIR.
"""

import pathlib
import random
import signal
import sys
import time
import unittest

from score_process import ScoreProcess

KILLS = 50


class ScoreResumeTest(ScoreProcess):

    def test_fifty_kills_leave_what_one_run_writes(self):
        expected = self.expected()
        chance = random.Random(1)
        resume = ["--input", "in.jsonl", "--output", "out.jsonl", "--resume", "--threads", "1"]
        start = time.monotonic()
        self.score(*resume)
        seconds = time.monotonic() - start
        (self.dir / "out.jsonl").unlink()
        kills = tries = 0
        sizes = set()
        while kills < KILLS:
            tries += 1
            self.assertLess(tries, 10 * KILLS)
            process = self.start(*resume)
            time.sleep(chance.uniform(0, seconds))
            process.kill()
            process.communicate()
            kills += process.returncode == -signal.SIGKILL
            got = self.file("out.jsonl") if (self.dir / "out.jsonl").exists() else b""
            self.assertTrue(expected.startswith(got))
            sizes.add(len(got))
            if got == expected:  # Once more, from some line or the middle of it.
                (self.dir / "out.jsonl").write_bytes(expected[:chance.randrange(len(expected) // 4)])
        self.assertGreater(len(sizes), 5)
        self.score(*resume)
        self.assertEqual(self.file("out.jsonl"), expected)

    def stopped(self, name, *flags):
        """The message of a run that SIGTERM stopped, and how many whole lines it left."""
        process = self.start("--input", "in.jsonl", "--output", "out.jsonl", "--threads", "1", *flags)
        while process.poll() is None:
            if (self.dir / name).exists() and self.file(name):
                process.terminate()
                break
            time.sleep(0.002)
        err = process.communicate(timeout=300)[1].decode()
        self.assertEqual(process.returncode, 128 + signal.SIGTERM, err)
        return err.splitlines()[-1], self.file(name).count(b"\n")

    def test_a_signal_says_what_is_kept(self):
        self.write("in.jsonl", self.lines * 20)
        for name, flags in [("out.jsonl", []), ("out.jsonl.shard-2-of-3", ["--shard", "2/3"])]:
            message, lines = self.stopped(name, *flags)
            self.assertEqual(message, f"sotto: error: stopped by SIGTERM; {name} keeps {lines} whole lines; "
                                      "go on with --resume")
        # Not how many there are, where nobody is to count them; nothing of --resume, where it is refused.
        (self.dir / "out.jsonl").unlink()
        message = self.stopped("out.jsonl", "--pad-compute", "--prefill-length", "256")[0]
        self.assertIn("; out.jsonl keeps whole lines; go on with --resume", message)
        (self.dir / "out.jsonl").unlink()
        message, lines = self.stopped("out.jsonl", "--precision", "auto")
        self.assertEqual(message, f"sotto: error: stopped by SIGTERM; out.jsonl has got {lines} whole lines")

    def test_an_error_says_what_is_kept(self):
        self.write("in.jsonl", [*self.lines[:3], {"nothing": 1}])
        err = self.score("--input", "in.jsonl", "--output", "out.jsonl", code=1)[1]
        self.assertIn("line 4: member \"nothing\" is unknown", err)
        self.assertTrue(err.endswith("; out.jsonl keeps 3 whole lines; go on with --resume\n"), err)
        self.write("in.jsonl", [{"nothing": 1}])
        self.assertNotIn("--resume", self.score("--input", "in.jsonl", "--output", "new.jsonl", code=1)[1])

    def test_a_line_that_was_cut_is_written_anew(self):
        expected = self.expected()
        first_lines = expected[:expected.index(b"\n", len(expected) // 2) + 1]
        for kept in [b"", expected[:1], first_lines, first_lines[:-1], first_lines[:-9], first_lines + b"\0" * 99,
                     expected[:-1], expected]:
            (self.dir / "out.jsonl").write_bytes(kept)
            self.score("--input", "in.jsonl", "--output", "out.jsonl", "--resume")
            self.assertEqual(self.file("out.jsonl"), expected)

    def test_attention_in_bf16_is_other_work(self):
        if "avx512_bf16" not in pathlib.Path("/proc/cpuinfo").read_text(encoding="ascii"):
            self.skipTest("NOT RUN: this processor has no bf16 products")
        self.expected()
        half = b"".join(self.file("expected.jsonl").splitlines(keepends=True)[:9])
        (self.dir / "out.jsonl").write_bytes(half)
        message = self.score("--input", "in.jsonl", "--precision", "bf16", "--attention-precision", "bf16",
                             "--output", "out.jsonl", "--resume", code=1)[1]
        self.assertIn("line 1: was made with --precision f32 and --attention-precision f32", message)
        self.assertEqual(self.file("out.jsonl"), half)

    def test_results_of_other_work_are_not_resumed(self):
        self.expected()
        half = b"".join(self.file("expected.jsonl").splitlines(keepends=True)[:9])
        self.write("other.jsonl", [*self.lines[:3], {"text": "another"}, *self.lines[4:]])
        self.write("short.jsonl", self.lines[:8])
        self.write("shifted.jsonl", self.lines[1:])
        for flags, reason in [(["--input", "other.jsonl"], "line 4: was made of another input, which differs at other.jsonl: line 4"),
                              (["--input", "short.jsonl"], "line 9: was made of an input with more lines"),
                              (["--input", "in.jsonl", "--precision", "fixed"], "line 1: was made with --precision f32: resuming"),
                              (["--input", "in.jsonl", "--sums-only"], "line 1: was made without --sums-only"),
                              (["--input", "in.jsonl", "--sums-only", "--precision", "fixed"],
                               "line 1: was not made of this input, model, precision and settings (not one"),
                              (["--input", "shifted.jsonl"], "line 1: was not made of this input"),
                              (["--input", "in.jsonl", "--top-k", "2"], "line 1: was made without --top-k"),
                              (["--input", "in.jsonl", "--bos", "never"], "line 1: was made with --bos auto"),
                              (["--input", "in.jsonl", "--precision", "auto"], "must be named")]:
            (self.dir / "out.jsonl").write_bytes(half)
            code = 2 if "auto" in flags else 1
            self.assertIn(reason, self.score(*flags, "--output", "out.jsonl", "--resume", code=code)[1])
            self.assertEqual(self.file("out.jsonl"), half)
        (self.dir / "out.jsonl").write_bytes(b'{"index": 0}\n')
        self.assertIn("is no line of results",
                      self.score("--input", "in.jsonl", "--output", "out.jsonl", "--resume", code=1)[1])
        # What does not change the numbers may change, and more lines may come.
        (self.dir / "out.jsonl").write_bytes(half)
        self.score("--input", "in.jsonl", "--output", "out.jsonl", "--resume", "--prefill-length", "128",
                   "--threads", "1", "--pad-compute", "--batch-size", "8")
        self.assertEqual(self.file("out.jsonl"), self.file("expected.jsonl"))

    def test_a_corpus_is_resumed(self):
        flags = ["--corpus", "--prefill-length", "32"]
        (self.dir / "in.txt").write_text(" ".join(line for line in self.lines if isinstance(line, str)))
        self.score("--input", "in.txt", "--output", "expected.jsonl", *flags)
        expected = self.file("expected.jsonl")
        self.assertGreater(expected.count(b"\n"), 30)
        for size in [0, len(expected) // 3, len(expected) - 1, len(expected)]:
            (self.dir / "out.jsonl").write_bytes(expected[:size])
            self.score("--input", "in.txt", "--output", "out.jsonl", "--resume", *flags)
            self.assertEqual(self.file("out.jsonl"), expected)

    def test_unfinished_results_are_not_lost(self):
        shard = ["--shard", "1/2"]
        for name, flags in [("out.jsonl", []), ("out.jsonl.shard-1-of-2", shard),
                            ("out.jsonl", ["--corpus", "--prefill-length", "64"])]:
            if "--corpus" in flags:
                self.write("in.jsonl", [line for line in self.lines if isinstance(line, str)])
            self.score("--input", "in.jsonl", "--output", "out.jsonl", *flags)
            whole = self.file(name)
            for part in [whole[:len(whole) // 2], whole[:-1]]:
                (self.dir / name).write_bytes(part)
                err = self.score("--input", "in.jsonl", "--output", "out.jsonl", *flags, code=1)[1]
                self.assertIn(f"{name}: holds the first of these results; go on with --resume, or remove it", err)
                self.assertEqual(self.file(name), part)
            # No more can be known of a pipe, and a measured precision cannot be resumed.
            if not flags:
                with (self.dir / "in.jsonl").open("rb") as file:
                    self.score("--output", "out.jsonl", stdin=file)
                self.assertEqual(self.file(name), whole)
                (self.dir / name).write_bytes(part)
                self.score("--input", "in.jsonl", "--output", "out.jsonl", "--sums-only")
            self.score("--input", "in.jsonl", "--output", "out.jsonl", *flags, "--resume",
                       code=0 if flags else 1)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
