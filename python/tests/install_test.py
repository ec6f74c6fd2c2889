"""The module as `make install` leaves it: in an empty prefix, with the library beside it."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import sotto_test_util as util

TESTS = ["results_test.py", "errors_test.py"]


class Installed(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.prefix = pathlib.Path(cls.temporary.name)
        subprocess.run(["cmake", "--install", util.BUILD_DIR, "--prefix", cls.prefix], check=True,
                       capture_output=True, timeout=300)
        (cls.packages,) = cls.prefix.glob("lib/python3*/dist-packages")

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def run_python(self, *arguments):
        environment = {key: value for key, value in os.environ.items() if key != "LD_LIBRARY_PATH"}
        environment |= {"PYTHONPATH": str(self.packages), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run([sys.executable, *map(str, arguments)], env=environment, capture_output=True, text=True,
                              cwd=self.prefix, timeout=600, check=False)

    def test_it_uses_the_installed_library_and_model(self):
        done = self.run_python("-c", "import sotto, sys\nmodel = sotto.Model(sys.argv[1])\n"
                               "print(model.info.name, sotto.__file__)\n"
                               "print([line for line in open('/proc/self/maps') if 'libsotto' in line][0])",
                               self.prefix / "share/sotto/models/kjv-2m")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"kjv-2m {self.packages}/sotto/__init__.py", done.stdout)
        self.assertIn(f"{self.prefix}/lib/libsotto.so", done.stdout)

    def test_all_files_came(self):
        built = {path.name for path in (util.BUILD_DIR / "python/sotto").iterdir() if path.is_file()}
        self.assertEqual({path.name for path in (self.packages / "sotto").iterdir()}, built)
        self.assertLessEqual({path.name for path in (util.SOURCE_DIR / "python/sotto").iterdir() if path.is_file()},
                             built)

    def test_the_tests_pass(self):
        for test in TESTS:
            done = self.run_python(pathlib.Path(__file__).parent / test, util.SOURCE_DIR, util.BUILD_DIR)
            self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    util.main()
