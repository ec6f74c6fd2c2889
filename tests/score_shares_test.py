"""`sotto score` shared out among processes: together they write what one writes.

Usage: score_shares_test.py SOURCE_DIR BUILD_DIR.
"""

import os
import shutil
import subprocess
import sys
import unittest

from score_process import BUILD_DIR, ScoreProcess


class ScoreSharesTest(ScoreProcess):

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


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
