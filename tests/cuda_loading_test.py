"""A program built with the cuda device starts where there is no CUDA, and loads nothing of it until a
cuda device is asked for; then it says in one line what is missing.

Usage: cuda_loading_test.py SOURCE_DIR BUILD_DIR. Needs the programs built. No GPU.
"""

import os
import pathlib
import re
import subprocess
import sys
import unittest

PROGRAMS = ("sotto", "sotto-accelerator", "sotto-audit", "sotto-bench", "sotto-measure")
CUDA_LIBRARY = re.compile(r"libcu(da|blas|rand|fft|solver|sparse|dnn)|libnv", re.IGNORECASE)


def start(device, **environment):
    """Runs the server on `device`. The model does not exist: it ends at the latest there."""
    # Of a machine with GPUs none is visible.
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "", **environment}
    return subprocess.run(
        [BUILD_DIR / "bin/sotto-accelerator", "--model", "/nonexistent", "--listen", "localhost:0",
         "--device", device],
        capture_output=True, text=True, timeout=60, env=environment)


def libraries_looked_for(device):
    """What the dynamic loader was asked to find, at the start or later."""
    found = start(device, LD_DEBUG="libs").stderr
    return re.findall(r"find library=(\S+)", found)


class CudaLoading(unittest.TestCase):

    def setUp(self):
        if not (BUILD_DIR / "bin/sotto-accelerator").exists():
            self.skipTest("SKIPPED: sotto-accelerator is not built")

    def need_cuda_device(self):
        if "cuda" not in re.search("kinds in this build:([^;]*);", start("none").stderr).group(1):
            self.skipTest("SKIPPED: built without the cuda device")

    def test_no_program_needs_a_library_of_cuda(self):
        for name in PROGRAMS:
            program = BUILD_DIR / "bin" / name
            if not program.exists():
                continue
            dynamic = subprocess.run(["readelf", "-dW", program], capture_output=True, text=True, check=True)
            needed = re.findall(r"\(NEEDED\).*\[(\S+)\]", dynamic.stdout)
            self.assertIn("libc.so.6", needed)
            self.assertEqual([library for library in needed if CUDA_LIBRARY.match(library)], [], name)

    def test_nothing_of_cuda_is_loaded_for_the_cpu(self):
        self.need_cuda_device()
        looked_for = libraries_looked_for("cpu")
        self.assertIn("libc.so.6", looked_for)
        self.assertEqual([library for library in looked_for if CUDA_LIBRARY.match(library)], [])

    def test_the_driver_is_looked_for_when_a_cuda_device_is_asked_for(self):
        self.need_cuda_device()
        self.assertIn("libcuda.so.1", libraries_looked_for("cuda:0"))

    def test_no_gpu_is_one_line_and_a_failure(self):
        self.need_cuda_device()
        run = start("cuda:0")
        self.assertEqual(run.returncode, 1)
        self.assertEqual(run.stdout, "")
        self.assertRegex(run.stderr, r'\Asotto-accelerator: error: device "cuda:0" was not found: '
                                     r'.*NVIDIA driver.*; devices found: cpu.*\n\Z')


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument) for argument in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
