"""The types of the module: mypy --strict over the package, its tests' users and the stub of the extension."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import sotto
import sotto_test_util as util

# What a user's own checked program may say of the module.
USER = '''
import numpy as np
import numpy.typing as npt
import sotto

model = sotto.Model("model", precision="f32", split=sotto.SplitOptions(endpoints=["a:1"]))
total: float = sum(scores.logprob for scores in model.score(["a", "b"]))
last: npt.NDArray[np.float32] = model.logits([[1, 2]], positions="last")
each: list[npt.NDArray[np.float32]] = model.logits([np.array([1, 2])])
mean: npt.NDArray[np.float32] = model.embed(["a"], pooling="mean", normalize=True)
short: npt.NDArray[np.float32] = model.embed(["a"], dimensions=64)
judged: sotto.Classification = model.classify(["a"])
names: list[str] = judged.choices
shares: npt.NDArray[np.float64] | None = judged.probabilities
rows: list[npt.NDArray[np.float32]] = model.embed(["a"], pooling="all")
labels: list[npt.NDArray[np.float64]] = model.logprobs_of(["a"], [1, 2], positions=[0])
ranking: sotto.Ranking = sotto.rank(model, "a", ["b", "c"])
greedy: npt.NDArray[np.bool_] = ranking.greedy
answers: npt.NDArray[np.float64] = sotto.label_probabilities(model, ["a"], [" b"]).probabilities
ids: list[int] = model.encode("a", add_bos="always", special_tokens=False)
texts: list[str | None] = model.token_texts(model.encode("a"))


def show(progress: sotto.Progress) -> None:
    print(progress.tokens_done, progress.seconds_left)


try:
    model.score(["a"], top_k=2, progress=show)
except sotto.InvalidArgumentError as error:
    print(error.code)
'''
# And what must be refused: each line one error.
WRONG = '''
import sotto
model = sotto.Model("model", precision="f16")
model.score([1.5])
model.logits(["a"], positions="first").shape
model.score(["a"], progress=5)
sotto.Scores().nothing
model.encode("a", add_bos="sometimes")
'''


@unittest.skipIf(shutil.which("mypy", path="/usr/bin") is None, "SKIPPED: mypy is not installed")
class Types(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        # Of what all of them import, NumPy above all, which is most of the work.
        cache = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cache.cleanup)
        cls.cache = cache.name

    def mypy(self, *arguments):
        return subprocess.run(["/usr/bin/mypy", "--strict", "--cache-dir", self.cache, *map(str, arguments)],
                              capture_output=True, text=True, timeout=600, check=False)

    def check_program(self, text):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder, "program.py")
            program.write_text(text)
            return self.mypy(program)

    def test_the_package(self):
        done = self.mypy(pathlib.Path(sotto.__file__).parent)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_program_that_uses_it(self):
        done = self.check_program(USER)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_program_that_uses_it_wrongly(self):
        done = self.check_program(WRONG)
        lines = {int(line.split(":")[1]) for line in done.stdout.splitlines()
                 if "program.py:" in line and ": error:" in line}
        self.assertEqual(lines, {3, 4, 5, 6, 7, 8}, done.stdout)

    @unittest.skipIf(shutil.which("stubtest", path="/usr/bin") is None, "SKIPPED: stubtest is not installed")
    def test_the_stub_is_true_of_the_extension(self):
        with tempfile.TemporaryDirectory() as folder:
            # The metaclass of pybind11's classes, which stubtest reports of a class itself.
            allowed = pathlib.Path(folder, "allowed")
            allowed.write_text("sotto\\._native\\.[A-Z][A-Za-z]*\n")
            done = subprocess.run(["/usr/bin/stubtest", "--allowlist", allowed, "sotto._native"], cwd=folder,
                                  capture_output=True, text=True, timeout=600, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Docstrings(unittest.TestCase):

    def test_everything_public_has_one(self):
        names = [name for name in sotto.__all__ if name != "__version__"]
        without = [name for name in names if not getattr(sotto, name).__doc__]
        without += [name for name in vars(sotto.Model)
                    if not name.startswith("_") and not getattr(sotto.Model, name).__doc__]
        self.assertEqual(without, [])
        self.assertEqual(sys.modules["sotto"].__all__, sorted(sotto.__all__))


if __name__ == "__main__":
    util.main()
