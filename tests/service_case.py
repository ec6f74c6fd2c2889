"""A service over the shipped model that all tests of a class ask: with keys, TLS and a reranker's template."""

import pathlib
import sys
import tempfile
import unittest

from service_process import Server, make_certificate

SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
KJV = SOURCE_DIR / "models/kjv-2m"
KEY = "a-key-for-this-test-alone"


class ServiceCase(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        if not (BUILD_DIR / "bin/sotto").exists():
            raise unittest.SkipTest("the programs are not built")
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        folder = pathlib.Path(cls.directory.name)
        (folder / "keys").write_text(f"# for tests\n{KEY}\nanother-key-that-is-long\n")
        (folder / "template").write_text("<|begin_of_text|>{instruction} Query: {query} Text: {document} Is it so? ")
        cls.server = Server(BUILD_DIR, KJV, "--api-key-file", folder / "keys", "--rerank-template",
                            folder / "template", "--rerank-labels", "Y,N", tls=make_certificate(folder), key=KEY)
        cls.addClassCleanup(cls.server.close)
        cls.heldout = (KJV / "heldout.txt").read_text(encoding="utf-8")

    def post(self, path, body, status=200, **more):
        got, _, answer = self.server.ask(path, body, **more)
        self.assertEqual(got, status, answer)
        return answer

    def complete(self, **body):
        return self.post("/v1/completions", body)

    def tokens(self, text, special=False):
        return self.post("/tokenize", {"prompt": text, "add_special_tokens": special})["tokens"]


def main():
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
