"""Shows from their symbols that the program a release enclave runs, and the library, cannot send rows
in the clear.

Usage: plain_symbols_test.py SOURCE_DIR BUILD_DIR. Needs everything built. The check is tried on
sotto-measure first, which can.
"""

import pathlib
import subprocess
import sys
import unittest

# What makes rows for an accelerator of plaintext (src/**/protect_plain.cc and what it uses), and the
# requests that carry token ids, keys and values.
PLAIN = ["UnprotectedRows::F32", "UnprotectedRows::Bf16", "UnprotectedRows::Ring",
         "UnprotectedRows::TokenIds", "OffloadedPlainLinear::Apply", "AddPlainProtection",
         "MakeOffloadedEmbedding", "MakeOffloadedProducts", "Session::SubmitEmbedding",
         "Session::SubmitMatMul"]


def defined(program):
    names = subprocess.run(["nm", "--defined-only", "--demangle", str(program)],
                           capture_output=True, text=True, check=True).stdout
    assert "sotto::" in names, f"{program} has no symbols to look at"
    return [name for name in PLAIN if f"sotto::{name}(" in names]


class Symbols(unittest.TestCase):

    def test_the_measuring_program_has_them_all(self):
        self.assertEqual(defined(BUILD_DIR / "bin/sotto-measure"), PLAIN)

    def test_what_an_enclave_runs_has_none(self):
        self.assertEqual(defined(BUILD_DIR / "bin/sotto"), [])
        self.assertEqual(defined(BUILD_DIR / "src/trusted/api/libsotto.so"), [])

    def test_manifests_name_that_program_and_no_other(self):
        for template in (SOURCE_DIR / "packaging/gramine").glob("*.manifest.template"):
            text = template.read_text()
            self.assertNotIn("sotto-", text.replace("sotto-accelerator", ""), template.name)


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument) for argument in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
