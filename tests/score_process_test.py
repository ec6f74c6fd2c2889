"""`sotto score` as a process: killed and resumed, shared out, between pipes, on a full disk.

Usage: score_process_test.py SOURCE_DIR BUILD_DIR.
"""

import json
import os
import pathlib
import random
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest

KILLS = 50


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
        for i, verse in enumerate(verses * 4):
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

    def test_results_of_other_work_are_not_resumed(self):
        self.expected()
        half = b"".join(self.file("expected.jsonl").splitlines(keepends=True)[:9])
        self.write("other.jsonl", [*self.lines[:3], {"text": "another"}, *self.lines[4:]])
        self.write("short.jsonl", self.lines[:8])
        self.write("shifted.jsonl", self.lines[1:])
        for flags, reason in [(["--input", "other.jsonl"], "line 4: was made of another input, which differs at other.jsonl: line 4"),
                              (["--input", "short.jsonl"], "line 9: was made of an input with more lines"),
                              (["--input", "in.jsonl", "--precision", "fixed"], "line 1: was made with --precision f32: resuming"),
                              (["--input", "in.jsonl", "--precision", "bf16", "--attention-precision", "bf16"],
                               "line 1: was made with --precision f32 and --attention-precision f32"),
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
        self.score("--input", "in.jsonl", "--output", "out.jsonl", "--resume", "--prefill-length", "300",
                   "--threads", "1", "--pad-compute", "--batch-size", "8")
        self.assertEqual(self.file("out.jsonl"), self.file("expected.jsonl"))

    def test_a_corpus_is_resumed(self):
        flags = ["--corpus", "--prefill-length", "64"]
        (self.dir / "in.txt").write_text(" ".join(line for line in self.lines if isinstance(line, str)))
        self.score("--input", "in.txt", "--output", "expected.jsonl", *flags)
        expected = self.file("expected.jsonl")
        self.assertGreater(expected.count(b"\n"), 30)
        for size in [0, len(expected) // 3, len(expected) - 1, len(expected)]:
            (self.dir / "out.jsonl").write_bytes(expected[:size])
            self.score("--input", "in.txt", "--output", "out.jsonl", "--resume", *flags)
            self.assertEqual(self.file("out.jsonl"), expected)

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

    def test_shares_join_to_what_one_process_writes(self):
        for flags in [[], ["--corpus", "--prefill-length", "48"]]:
            if flags:
                self.write("in.jsonl", [line for line in self.lines if isinstance(line, str)])
            expected = self.expected(*flags)
            common = ["--input", "in.jsonl", "--output", "out.jsonl", *flags]
            for i in [2, 4, 1]:
                self.score(*common, "--shard", f"{i}/4")
            self.assertFalse((self.dir / "out.jsonl").exists())
            self.score(*common, "--shard", "3/4", "--log-level", "error")
            self.assertEqual(self.file("out.jsonl"), expected)
            self.assertEqual(list(self.dir.glob("*.shard-*")), [])
            # Once more: all is there.
            self.assertIn("were there are all", self.score(*common, "--shard", "2/4", "--resume")[1])
            self.assertEqual(self.file("out.jsonl"), expected)
            (self.dir / "out.jsonl").unlink()

    def test_a_share_that_was_killed_is_resumed(self):
        expected = self.expected()
        common = ["--input", "in.jsonl", "--output", "out.jsonl"]
        self.score(*common, "--shard", "1/2")
        share = self.dir / "out.jsonl.shard-1-of-2"
        whole = share.read_bytes()
        share.write_bytes(whole[:len(whole) // 2])
        self.score(*common, "--shard", "2/2")
        self.assertFalse((self.dir / "out.jsonl").exists())
        self.score(*common, "--shard", "1/2", "--resume")
        self.assertEqual(self.file("out.jsonl"), expected)

    def test_shares_of_different_work_are_not_joined(self):
        common = ["--input", "in.jsonl", "--output", "out.jsonl"]
        self.score(*common, "--shard", "1/2")
        err = self.score(*common, "--shard", "2/2", "--sums-only")[1]
        self.assertIn("not joined", err)
        self.assertFalse((self.dir / "out.jsonl").exists())

    def test_four_mpi_ranks(self):
        mpirun = shutil.which("mpirun")
        if mpirun is None:
            self.skipTest("SKIPPED: mpirun is not installed")
        expected = self.expected()
        environment = os.environ | {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
        command = [mpirun, "-n", "4", "--oversubscribe", BUILD_DIR / "bin/sotto", "score", "--input", "in.jsonl",
                   "--output", "out.jsonl"]
        done = subprocess.run(command, cwd=self.dir, env=environment, capture_output=True, timeout=300,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.file("out.jsonl"), expected)
        self.assertEqual(list(self.dir.glob("*.shard-*")), [])

    def test_a_launcher_that_makes_no_sense_and_streams_that_cannot_be_shared(self):
        for variables in [{"OMPI_COMM_WORLD_RANK": "4", "OMPI_COMM_WORLD_SIZE": "4"},
                          {"PMI_RANK": "x", "PMI_SIZE": "2"}]:
            err = self.score("--input", "in.jsonl", env=os.environ | variables, code=2)[1]
            self.assertIn(list(variables)[0], err)
        ranks = os.environ | {"SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "2"}
        self.assertIn("--output: must be the name of a file",
                      self.score("--input", "in.jsonl", env=ranks, code=2)[1])
        self.assertIn("--input: must be", self.score("--output", "o.jsonl", env=ranks, code=2)[1])
        for shard in ["0/2", "3/2", "1", "a/2", "1/2/3", "1/99999"]:
            self.assertIn("--shard", self.score("--input", "in.jsonl", "--output", "o.jsonl", "--shard", shard,
                                                code=2)[1])

    def test_a_pipe_at_both_ends(self):
        expected = self.expected()
        with (self.dir / "in.jsonl").open("rb") as file:
            out, err = self.score(stdin=file)
        self.assertEqual(out, expected)
        self.assertIn("240 lines", err)
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
                    file.write(json.dumps({"text": f"verse {i}"}) + "\n")
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
        # Kept, 19 000 lines of results would take over 4 MB; allocators breathe.
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
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
