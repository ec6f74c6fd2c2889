"""provision_key, which hands an enclave the key of its prompts: what it asks of Gramine's library, here a
stand-in that writes down what it is called with, and what it refuses.

Usage: gramine_provision_test.py SOURCE_DIR BUILD_DIR.
"""

import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE_DIR = pathlib.Path(sys.argv[1]).resolve()
PROGRAM = SOURCE_DIR / "packaging/gramine/provision_key"
KEY = bytes(range(0xa0, 0xb0))
MODULUS, MRENCLAVE = bytes(range(256)) + bytes(128), bytes(range(32))
# The signature of Gramine's secret_prov.h.
STAND_IN = r"""
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
extern char** environ;
int secret_provision_start_server(uint8_t* secret, size_t size, const char* port, const char* certificate,
                                  const char* key, void* measurements, void* more) {
  FILE* f = fopen("called", "w");
  fprintf(f, "secret=");
  for (size_t i = 0; i < size; i++) fprintf(f, "%02x", secret[i]);
  fprintf(f, "\nport=%s\ncertificate=%s\nkey=%s\ncallbacks=%d\n", port, certificate, key,
          measurements != NULL || more != NULL);
  for (char** e = environ; *e != NULL; e++)
    if (strncmp(*e, "RA_TLS_", 7) == 0) fprintf(f, "%s\n", *e);
  fclose(f);
  return -98;
}
"""


def sigstruct(debug=False):
    data = bytearray(1808)
    data[:16] = bytes.fromhex("06000000e10000000000010000000000")
    data[128:512] = MODULUS
    data[928] = 4 | (2 if debug else 0)
    data[960:992] = MRENCLAVE
    data[1024:1028] = bytes([7, 0, 3, 1])
    return bytes(data)


class ProvisionKey(unittest.TestCase):

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.work = pathlib.Path(temporary.name)
        for name, data in (("key", KEY), ("sotto.sig", sigstruct()), ("c.crt", b"-"), ("c.key", b"-")):
            (self.work / name).write_bytes(data)
        (self.work / "lib").mkdir()

    def build_library(self):
        subprocess.run(["gcc", "-shared", "-fPIC", "-x", "c", "-", "-o",
                        self.work / "lib/libsecret_prov_verify_dcap.so"], input=STAND_IN, text=True,
                       check=True)

    def run_program(self, *arguments, **variables):
        run = subprocess.run(
            [PROGRAM, "--key", "key", "--sigstruct", "sotto.sig", "--certificate", "c.crt",
             "--private-key", "c.key", *arguments], cwd=self.work, capture_output=True, text=True,
            env=os.environ | {"LD_LIBRARY_PATH": str(self.work / "lib")} | variables, check=False)
        self.assertEqual(run.returncode, 1)
        self.assertNotIn(KEY.hex(), run.stdout + run.stderr)
        return run

    def called(self):
        return dict(l.split("=", 1) for l in (self.work / "called").read_text().splitlines())

    def refused(self, message, *arguments, **variables):
        run = self.run_program(*arguments, **variables)
        self.assertRegex(run.stderr, f"^provision_key: .*{message}.*\n$")
        self.assertFalse((self.work / "called").exists())

    def test_the_key_is_for_the_enclave_of_the_sigstruct_only(self):
        self.build_library()
        run = self.run_program()
        self.assertIn(f"for MRENCLAVE {MRENCLAVE.hex()} only", run.stdout)
        self.assertIn("libsecret_prov_verify_dcap.so ended with -98", run.stderr)
        self.assertEqual(self.called(), {
            "secret": KEY.hex(), "port": "4433", "certificate": "c.crt", "key": "c.key",
            "callbacks": "0", "RA_TLS_MRENCLAVE": MRENCLAVE.hex(),
            "RA_TLS_MRSIGNER": hashlib.sha256(MODULUS).hexdigest(), "RA_TLS_ISV_PROD_ID": "7",
            "RA_TLS_ISV_SVN": str(3 + 256)})

    def test_what_else_is_accepted_is_said_by_flags(self):
        self.build_library()
        self.run_program("--port", "4434", "--accept", "sw-hardening-needed", "--accept", "outdated-tcb")
        called = self.called()
        self.assertEqual(called["port"], "4434")
        self.assertEqual({k for k in called if k.startswith("RA_TLS_ALLOW")},
                         {"RA_TLS_ALLOW_SW_HARDENING_NEEDED", "RA_TLS_ALLOW_OUTDATED_TCB_INSECURE"})

    def test_debug_enclaves_are_never_accepted(self):
        self.build_library()
        self.refused("RA_TLS_ALLOW_DEBUG_ENCLAVE_INSECURE is set", RA_TLS_ALLOW_DEBUG_ENCLAVE_INSECURE="1")
        (self.work / "sotto.sig").write_bytes(sigstruct(debug=True))
        self.refused("sotto.sig: of a debug enclave")

    def test_no_measurement_comes_from_the_environment(self):
        self.build_library()
        self.refused("RA_TLS_MRENCLAVE is set", RA_TLS_MRENCLAVE="any")

    def test_wrong_files_are_refused_by_name(self):
        self.build_library()
        (self.work / "sotto.sig").write_bytes(sigstruct()[1:])
        self.refused("sotto.sig: not a SIGSTRUCT")
        (self.work / "sotto.sig").write_bytes(sigstruct())
        (self.work / "key").write_bytes(KEY[1:])
        self.refused("key: 15 bytes, must be 16")
        (self.work / "key").unlink()
        self.refused("key: No such file")
        (self.work / "key").write_bytes(KEY)
        (self.work / "c.key").unlink()
        self.refused("c.key: No such file")

    def test_without_the_library_one_clear_line(self):
        (self.work / "lib/libsecret_prov_verify_dcap.so").write_text("no library")
        self.refused("libsecret_prov_verify_dcap.so: not installed, or something that it needs")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
