"""The service, called by the unchanged `openai` package from npm, over TLS, and through `sotto connect`.

Skipped where there is no node or npm, or where the package cannot be fetched. OPENAI_NODE_PACKAGE may name its directory.
Usage: openai_client_test.py SOURCE_DIR BUILD_DIR.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from connect_process import AttestedServer, Connect, EmulatedEnclave
from service_process import Server, make_certificate

KEY = "a-key-for-this-test-alone"


class OpenAiClientTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        if shutil.which("node") is None or shutil.which("npm") is None:
            raise unittest.SkipTest("SKIPPED: there is no node or npm")
        if given := os.environ.get("OPENAI_NODE_PACKAGE"):
            cls.package = given
            return
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        try:
            fetched = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "openai@6"],
                                     cwd=directory.name, capture_output=True, text=True, timeout=120, check=False)
        except subprocess.TimeoutExpired:
            raise unittest.SkipTest("SKIPPED: npm does not answer") from None
        if fetched.returncode != 0:
            raise unittest.SkipTest("SKIPPED: the package cannot be fetched: " + fetched.stderr.strip()[-200:])
        cls.package = pathlib.Path(directory.name, "node_modules/openai")

    def test_completions_embeddings_models_and_errors(self):
        if not (BUILD_DIR / "bin/sotto").exists():
            self.skipTest("the programs are not built")
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "keys").write_text(KEY + "\n")
            tls = make_certificate(folder)
            server = Server(BUILD_DIR, SOURCE_DIR / "models/kjv-2m", "--max-queue", "2", "--api-key-file",
                            pathlib.Path(folder, "keys"), tls=tls, key=KEY)
            self.addCleanup(server.close)
            run = subprocess.run(["node", SOURCE_DIR / "tests/openai_client.mjs", self.package, server.url + "/v1", KEY,
                                  "kjv-2m"], capture_output=True, text=True, timeout=300, check=False,
                                 env={**os.environ, "NODE_EXTRA_CA_CERTS": str(tls[0])})
            self.assertEqual((run.stdout, run.returncode), ("ok\n", 0), run.stderr)

    def test_the_same_through_sotto_connect(self):
        if not (BUILD_DIR / "tests/connect_under_test_root").exists():
            self.skipTest("the programs are not built")
        enclave = EmulatedEnclave(BUILD_DIR)
        self.addCleanup(enclave.close)
        server = AttestedServer(BUILD_DIR, SOURCE_DIR / "models/kjv-2m", enclave, "--max-queue", "2",
                                "--api-key-file", enclave.write("keys", KEY + "\n"), key=KEY)
        self.addCleanup(server.close)
        connect = Connect(BUILD_DIR, server.port, enclave, "--pad-to", "4096")
        self.addCleanup(connect.close)
        run = subprocess.run(["node", SOURCE_DIR / "tests/openai_client.mjs", self.package, connect.url + "/v1", KEY,
                              "kjv-2m"], capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual((run.stdout, run.returncode), ("ok\n", 0), run.stderr + connect.log())


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
