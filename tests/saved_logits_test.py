"""Reads logits that `sotto prefill` saved as its users do, with NumPy: which prompt, which position and
which token each row belongs to, and that the log-probabilities beside them are theirs.

Usage: saved_logits_test.py SOURCE_DIR BUILD_DIR. Needs the programs built.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

try:
    import numpy as np
except ImportError:
    np = None

PROMPTS = ["In the beginning", "And", "God said unto him, Let there be"]
LENGTH = 8


def read_safetensors(path):
    """The format's three parts: the header's size, the header (JSON), the tensors."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    types = {"F32": "<f4", "I32": "<i4"}
    tensors = {}
    for name, tensor in json.loads(data[8:8 + size]).items():
        begin, end = (8 + size + offset for offset in tensor["data_offsets"])
        tensors[name] = np.frombuffer(data[begin:end], types[tensor["dtype"]]).reshape(tensor["shape"])
    return tensors["logits"], tensors["input_ids"], tensors["actual_lengths"]


def read_npy(path):
    return tuple(np.load(path.with_suffix(suffix)) for suffix in (".npy", ".ids.npy", ".lengths.npy"))


@unittest.skipIf(np is None, "SKIPPED: python3-numpy is not installed")
class SavedLogits(unittest.TestCase):

    def setUp(self):
        if not (BUILD_DIR / "bin/sotto").exists():
            self.skipTest("SKIPPED: the programs are not built")
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.dir = pathlib.Path(self.temporary.name)

    def prefill(self, *flags):
        """The result, and the lines of log-probabilities where there are some."""
        (self.dir / "prompts.txt").write_text("\n".join(PROMPTS) + "\n")
        command = [BUILD_DIR / "bin/sotto", "prefill", "--prompts", "prompts.txt", "--precision", "f32",
                   "--prefill-length", str(LENGTH), "--truncate", "left", "--output", "r.json", *flags]
        done = subprocess.run(command, cwd=self.dir, capture_output=True, text=True, timeout=300,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads((self.dir / "r.json").read_text())

    def saved(self, *flags):
        """logits, ids and lengths, from either format: the same."""
        for name in ("l.npy", "l.safetensors"):
            self.prefill("--save-logits", name, *flags)
        npy, safetensors = read_npy(self.dir / "l.npy"), read_safetensors(self.dir / "l.safetensors")
        for a, b in zip(npy, safetensors):
            self.assertEqual((a.dtype, a.shape), (b.dtype, b.shape))
            self.assertTrue((a == b).all())
        return npy

    def lines(self, *flags):
        self.prefill("--logprobs", "l.jsonl", *flags)
        return [json.loads(line) for line in (self.dir / "l.jsonl").read_text().splitlines()]

    def test_rows_are_those_of_prompts_positions_and_tokens(self):
        logits, ids, lengths = self.saved()
        lines = self.lines("--top-k", "5")
        self.assertEqual(ids.shape, (len(PROMPTS), LENGTH))
        for row, line in enumerate(lines):
            n = lengths[row]
            self.assertEqual(ids[row, :n].tolist(), line["ids"])
            self.assertFalse(ids[row, n:].any() or logits[row, n:].any())
            x = logits[row, :n].astype(np.float64)
            logprobs = x - np.log(np.exp(x).sum(-1, keepdims=True))
            following = np.take_along_axis(logprobs[:-1], ids[row, 1:n, None], -1)[:, 0]
            np.testing.assert_allclose(following, line["logprobs"][1:], atol=1e-5)
            top = np.argsort(-logits[row, :n], axis=-1, kind="stable")[:, :5]
            self.assertEqual(top.tolist(), [[token["id"] for token in at] for at in line["top"]])

    def test_last_rows_have_whole_prompts_beside_them(self):
        every, ids, lengths = self.saved()
        last, *beside = self.saved("--logits", "last")
        self.assertTrue((beside[0] == ids).all() and (beside[1] == lengths).all())
        self.assertTrue((last == every[np.arange(len(PROMPTS)), lengths - 1]).all())

    def test_a_row_beyond_the_prompts_repeats_one(self):
        logits, ids, lengths = self.saved("--batch-size", "2", "--pad-compute")
        self.assertEqual(len(lengths), 4)
        self.assertEqual(self.prefill()["prompt_count"], 3)
        for array in (logits, ids, lengths):
            self.assertTrue((array[3] == array[3 % 3]).all())


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument) for argument in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
