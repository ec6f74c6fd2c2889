"""tools/gpu_check.sh where it cannot work: without nvcc, and without a GPU, it says so and writes
nothing. And what it measures with, on the processors.

Usage: gpu_check_test.py SOURCE_DIR BUILD_DIR. The last part needs target gpu_check built.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest


class Script(unittest.TestCase):

    def run_script(self, nvcc, nvidia_smi=None):
        """With a stand-in for each program, or none. Returns the one line of the error."""
        with tempfile.TemporaryDirectory() as folder:
            programs = pathlib.Path(folder)
            for name, script in (("nvcc", nvcc), ("nvidia-smi", nvidia_smi or "exit 127")):
                if script is not None:
                    (programs / name).write_text(f"#!/bin/sh\n{script}\n")
                    (programs / name).chmod(0o755)
            output = programs / "result.json"
            run = subprocess.run(
                [SOURCE_DIR / "tools/gpu_check.sh", output], capture_output=True, text=True, timeout=60,
                env={**os.environ, "PATH": f"{programs}:/usr/bin:/bin", "CUDACXX": str(programs / "nvcc")})
            self.assertEqual(run.returncode, 1)
            self.assertEqual(run.stdout, "")
            self.assertFalse(output.exists())
            self.assertEqual(run.stderr.count("\n"), 1, run.stderr)
            return run.stderr

    def test_without_nvcc(self):
        self.assertRegex(self.run_script(nvcc=None), r"\Agpu_check.sh: error: no nvcc at /\S+/nvcc: install ")

    def test_without_a_driver(self):
        error = self.run_script(nvcc="exit 0", nvidia_smi="echo NVIDIA-SMI has failed; exit 9")
        self.assertRegex(error, r"\Agpu_check.sh: error: no GPU: nvidia-smi is missing or reports no driver$")

    def test_without_a_gpu(self):
        error = self.run_script(nvcc="exit 0", nvidia_smi="exit 0")
        self.assertRegex(error, r"\Agpu_check.sh: error: no GPU: nvidia-smi lists none$")


# Stand-ins: cmake, which "builds" a conformance test whose cases are CASES and a program that measures.
FAKE_CMAKE = r"""
case "$*" in
*--build*) ;;
*) echo "-- cuda device: $FOUND"; exit ;;
esac
mkdir -p build-gpu/tests build-gpu/bench
cat >build-gpu/tests/devices_test <<'END'
#!/bin/sh
for argument; do
  case $argument in --gtest_output=json:*) echo "$CASES" >"${argument#--gtest_output=json:}" ;; esac
done
exit "$CONFORMS"
END
cat >build-gpu/bench/gpu_check <<'END'
#!/bin/sh
echo '{"device": "cuda:0 (A)", "roofline": {"kernels": [{"kernel": "join_sums", "limit": "memory",
  "achieved": 3e12, "peak": 4e12, "share": 0.75}]}, "shapes": [{"model": "1B", "format": "ring, 12 bits",
  "tokens_per_second": 12345.0}]}'
END
chmod +x build-gpu/tests/devices_test build-gpu/bench/gpu_check
"""


def cases(*results):
    """A report of GoogleTest: (name, result)."""
    return json.dumps({"testsuites": [{"testsuite": [
        {"name": name, "status": "RUN", "result": result} for name, result in results]}]})


class WholeScript(unittest.TestCase):
    """The script from its first line to its last, in a tree of its own."""

    def run_script(self, found="TRUE", conforms=0, report=cases(("RingEqualsTheDefinition/cuda_0", "COMPLETED"))):
        """Returns the process and what it wrote, or None."""
        with tempfile.TemporaryDirectory() as folder:
            tree = pathlib.Path(folder)
            (tree / "tools").mkdir()
            shutil.copy(SOURCE_DIR / "tools/gpu_check.sh", tree / "tools")
            for name, script in (("nvcc", "echo Build 13"), ("cmake", FAKE_CMAKE),
                                 ("nvidia-smi", "echo NVIDIA A, 1.0, 80 GiB")):
                (tree / name).write_text(f"#!/bin/sh\n{script}\n")
                (tree / name).chmod(0o755)
            run = subprocess.run(
                [tree / "tools/gpu_check.sh", tree / "result.json"], capture_output=True, text=True, timeout=60,
                env={**os.environ, "PATH": f"{tree}:/usr/bin:/bin", "CUDACXX": str(tree / "nvcc"),
                     "FOUND": found, "CONFORMS": str(conforms), "CASES": report})
            written = tree / "result.json"
            return run, json.loads(written.read_text()) if written.exists() else None

    def test_writes_one_document(self):
        run, result = self.run_script()
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(result["gpus"], ["NVIDIA A, 1.0, 80 GiB"])
        self.assertEqual(result["nvcc"], "Build 13")
        self.assertEqual(result["conformance"], {"passed": 1, "skipped": []})
        self.assertEqual(result["device"], "cuda:0 (A)")
        self.assertRegex(run.stdout, r"join_sums +3e\+12 of 4e\+12 \(memory\): 0.75\n1B +ring, 12 bits +12345 tokens/s\n")

    def test_a_tree_without_the_cuda_device(self):
        run, result = self.run_script(found="FALSE")
        self.assertEqual((run.returncode, result), (1, None))
        self.assertIn("CMake found no CUDA", run.stderr)

    def test_a_device_that_does_not_conform(self):
        run, result = self.run_script(conforms=1)
        self.assertEqual((run.returncode, result), (1, None))
        self.assertIn("does not conform", run.stderr)

    def test_tests_that_skipped_the_device_are_no_conformance(self):
        for report in (cases(("DevicesConform", "SKIPPED")), cases()):
            run, result = self.run_script(report=report)
            self.assertEqual((run.returncode, result), (1, None))
            self.assertIn("no test ran on a cuda device", run.stderr)


class Program(unittest.TestCase):

    def setUp(self):
        self.program = BUILD_DIR / "bench/gpu_check"
        if not self.program.exists():
            self.skipTest(f"SKIPPED: {self.program} is not built")

    def run_program(self, *arguments):
        return subprocess.run([self.program, *arguments], capture_output=True, text=True, timeout=300)

    def test_measures_both_models_in_every_format(self):
        run = self.run_program("--device", "cpu", "--tokens", "8", "--divide", "32")
        self.assertEqual(run.returncode, 0, run.stderr)
        result = json.loads(run.stdout)
        self.assertEqual(result["device"], "cpu")
        self.assertNotIn("roofline", result)
        measured = [(shape["model"], shape["format"]) for shape in result["shapes"]]
        # Seeds are a matter of devices that expand them.
        self.assertEqual(measured, [(model, rows) for model in ("1B", "8B, 2 layers")
                                    for rows in ("ring, 12 bits", "ring, 8 bits", "float, fastest")])
        for shape in result["shapes"]:
            seconds = {product["name"]: product["seconds"] for product in shape["products"]}
            blocks = 16 if shape["model"] == "1B" else 2
            total = seconds.pop("lm_head") + blocks * sum(seconds.values())
            self.assertAlmostEqual(shape["tokens_per_second"] * total / 8, 1.0)
            self.assertEqual([product["rows"] for product in shape["products"]], [8, 8, 8, 8, 1])

    def test_a_device_that_is_not_there_is_an_error(self):
        run = self.run_program("--device", "abacus:0")
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertRegex(run.stderr, r'\Agpu_check: error: device "abacus:0" is not ')


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument) for argument in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
