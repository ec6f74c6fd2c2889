"""`sotto score` as a process: between pipes, on a full disk, beside another.

Usage: score_process_test.py SOURCE_DIR BUILD_DIR.
"""

import json
import os
import signal
import stat
import subprocess
import sys
import time
import unittest

from score_process import BUILD_DIR, SOURCE_DIR, ScoreProcess


class ScoreProcessTest(ScoreProcess):

    def test_bits_per_byte_are_of_every_token(self):
        verses = [line for line in self.lines if isinstance(line, str)][:12]
        self.write("texts.jsonl", verses)
        self.write("mixed.jsonl", [*verses, {"text": verses[0], "bos": "never"}])
        common = ["--corpus", "--prefill-length", "16", "--output", "out.jsonl", "--input"]
        for flags, scored in [(["texts.jsonl"], True), (["texts.jsonl", "--stride", "15"], True),
                              (["texts.jsonl", "--stride", "16"], False), (["texts.jsonl", "--bos", "never"], False),
                              (["mixed.jsonl"], False), (["texts.jsonl", "--count-as", "llama.cpp"], False)]:
            for shards in [[[]], [["--shard", "1/2"], ["--shard", "2/2"]]]:
                for shard in shards:
                    self.score(*common, *flags, *shard)
                corpus = json.loads(self.file("out.jsonl").splitlines()[-1])["corpus"]
                self.assertEqual(corpus["bits_per_byte"] is not None, scored, flags)

    def test_a_pipe_at_both_ends(self):
        expected = self.expected()
        with (self.dir / "in.jsonl").open("rb") as file:
            out, err = self.score(stdin=file)
        self.assertEqual(out, expected)
        self.assertIn("120 lines", err)
        process = self.start(stdin=subprocess.PIPE)
        # An answer comes before the next question is asked.
        for line, want in zip(self.lines[:5], expected.splitlines(keepends=True)):
            process.stdin.write(json.dumps(line).encode() + b"\n")
            process.stdin.flush()
            self.assertEqual(process.stdout.readline(), want)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)

    def test_a_reader_that_leaves_ends_the_program_quietly(self):
        process = self.start("--input", "in.jsonl", "--log-level", "error")
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        process.wait(timeout=60)
        process.stderr.close()
        self.assertEqual(process.returncode, -signal.SIGPIPE)
        self.assertEqual(err, b"")

    def test_a_full_disk_is_an_error_and_what_was_written_can_be_resumed(self):
        with open("/dev/full", "wb") as full:
            for output, options in [("/dev/full", {}), ("-", {"stdout": full})]:
                err = self.score("--input", "in.jsonl", "--output", output, code=1, **options)[1]
                self.assertIn("No space left on device", err)
        # A limit on the size of files stands in for a disk that fills up in the middle.
        expected = self.expected()
        limited = ["bash", "-c", 'ulimit -f 8; exec "$0" "$@"', BUILD_DIR / "bin/sotto", "score", "--batch-size",
                   "2", "--input", "in.jsonl", "--output", "out.jsonl"]
        done = subprocess.run(limited, cwd=self.dir, capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertTrue(expected.startswith(self.file("out.jsonl")))
        self.score("--input", "in.jsonl", "--output", "out.jsonl", "--resume")
        self.assertEqual(self.file("out.jsonl"), expected)

    def test_files_are_their_owner_s_and_no_input_is_overwritten(self):
        self.score("--input", "in.jsonl", "--output", "out.jsonl")
        self.assertEqual(stat.S_IMODE((self.dir / "out.jsonl").stat().st_mode), 0o600)
        before = self.file("in.jsonl")
        (self.dir / "link").symlink_to("in.jsonl")
        for output in ["in.jsonl", "link", SOURCE_DIR / "models/kjv-2m/config.json"]:
            self.assertIn("the same file", self.score("--input", "in.jsonl", "--output", output, code=1)[1])
        self.assertEqual(self.file("in.jsonl"), before)

    def test_lines_before_a_bad_one_are_written(self):
        expected = self.expected().splitlines(keepends=True)
        for bad in ['{"text": 5}', '{"txt": "a"}', "{", '{"context": "a", "continuation": ""}', '{"ids": [2048]}',
                    json.dumps({"text": "a " * 2000})]:
            (self.dir / "bad.jsonl").write_bytes(
                b"\n".join([*self.file("in.jsonl").splitlines()[:10], bad.encode(), b'"more"']))
            err = self.score("--input", "bad.jsonl", "--output", "out.jsonl", code=1)[1]
            self.assertIn("bad.jsonl: line 11: ", err)
            self.assertEqual(self.file("out.jsonl"), b"".join(expected[:10]))
            (self.dir / "out.jsonl").unlink()

    def test_a_run_without_results_changes_nothing(self):
        bad = [b'{"text": 5}', json.dumps({"text": "a " * 2000}).encode(), b"In the beginning"]
        for first in bad:
            (self.dir / "bad.jsonl").write_bytes(first + b'\n"more"\n')
            for kept in [b"what was there", self.expected()]:
                (self.dir / "out.jsonl").write_bytes(kept)
                self.score("--input", "bad.jsonl", "--output", "out.jsonl", code=1)
                self.assertEqual(self.file("out.jsonl"), kept)
            self.score("--input", "bad.jsonl", "--output", "new.jsonl", code=1)
            self.assertFalse((self.dir / "new.jsonl").exists())
        # Nor does one whose accelerator is not there.
        (self.dir / "out.jsonl").write_bytes(b"what was there")
        self.score("--input", "in.jsonl", "--output", "out.jsonl", "--split", "--accelerator", "127.0.0.1:1",
                   "--timeout", "2", "--retries", "0", code=1)
        self.assertEqual(self.file("out.jsonl"), b"what was there")
        # Results of other work, and those of this that are whole, give way.
        (self.dir / "out.jsonl").write_bytes(b"what was there, and is longer than a line" * 10000)
        for _ in range(2):
            self.score("--input", "in.jsonl", "--output", "out.jsonl")
            self.assertEqual(self.file("out.jsonl"), self.file("expected.jsonl"))

    def test_two_processes_do_not_write_one_file(self):
        first = self.start("--output", "out.jsonl", stdin=subprocess.PIPE)
        first.stdin.write(b'"In the beginning"\n')
        first.stdin.flush()
        while not ((self.dir / "out.jsonl").exists() and self.file("out.jsonl")):
            time.sleep(0.01)
        self.assertIn("another process is writing",
                      self.score("--input", "in.jsonl", "--output", "out.jsonl", code=1)[1])
        first.communicate(timeout=60)
        self.assertEqual(first.returncode, 0)

    def test_memory_does_not_grow_with_the_number_of_lines(self):
        peaks = []
        for count in [1000, 20000]:
            with (self.dir / "many.jsonl").open("w") as file:
                for i in range(count):
                    # Quickly computed; its result is long all the same.
                    file.write(json.dumps({"ids": [5, 5 + i % 1000], "id": f"{i} " + "x" * 150}) + "\n")
            process = self.start("--input", "many.jsonl", "--output", "many.out", "--batch-size", "16",
                                 "--prefill-length", "64")
            process.stdout.close()
            process.stderr.read()
            process.stderr.close()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(process.returncode, 0)
            self.assertEqual(self.file("many.out").count(b"\n"), count)
            (self.dir / "many.out").unlink()  # Else the longer input would go on behind it.
            peaks.append(usage.ru_maxrss)
        # Kept, 19 000 lines would take over 3 MB, and their results 6 MB; allocators breathe.
        self.assertLess(peaks[1] - peaks[0], 3000, peaks)

    def test_text_files_have_a_text_a_line(self):
        verses = [line for line in self.lines if isinstance(line, str)][:7]
        (self.dir / "in.txt").write_text("\ufeff" + "\r\n\r\n".join(verses))
        from_text = [json.loads(line) for line in self.score("--input", "in.txt")[0].splitlines()]
        self.write("same.jsonl", verses)
        from_json = [json.loads(line) for line in self.score("--input", "same.jsonl")[0].splitlines()]
        for line in from_text + from_json:
            line.pop("check")
        self.assertEqual(from_text, from_json)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
