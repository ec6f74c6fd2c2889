"""The service over real accelerators, shares between two and pads with one, over sockets: its answers are
those of local precision fixed, to the bit, whoever else is served.

Usage: service_split_test.py SOURCE_DIR BUILD_DIR.
"""

import concurrent.futures
import hashlib
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

from service_process import Server, make_certificate

SHAPE = ("--prefill-length", "40", "--batch-size", "2")


def requests():
    """Paths and bodies; of each answer, the member that does not change from one time to the next."""
    chance = random.Random(7)
    prompts = [[chance.randrange(3, 2000) for _ in range(chance.randint(1, 40))] for _ in range(9)]
    words = ["In the beginning God created", "And God said, Let there be", "Blessed are the meek"]
    full = {"echo": True, "logprobs": 3, "max_tokens": 1, "prompt_logprobs": 1}
    labels = {"prompt": words[1], "max_tokens": 0, "label_token_ids": [5, 70, 1900]}
    return [("/v1/completions", {"prompt": prompts, **full}, "choices"),
            ("/v1/completions", {"prompt": words, **full}, "choices"),
            ("/v1/completions", labels, "choices"),
            ("/v1/completions", {**labels, "apply_softmax": True}, "choices"),
            ("/v1/rerank", {"query": "creation", "documents": words}, "results"),
            ("/v1/embeddings", {"input": words}, "data")]


def answers_of(server):
    """All at once, so that passes hold prompts of several requests."""
    def ask(request):
        path, body, member = request
        status, _, answer = server.ask(path, body)
        assert status == 200, (path, answer)
        return answer[member]

    with concurrent.futures.ThreadPoolExecutor(6) as clients:
        return list(clients.map(ask, requests()))


class ServiceSplitTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        for program in ("sotto", "sotto-accelerator"):
            if not (BUILD_DIR / "bin" / program).exists():
                raise unittest.SkipTest(f"SKIPPED: {program} is not built")
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.directory = pathlib.Path(directory.name)
        cls.template = cls.directory / "template"
        cls.template.write_text("{query} {document} ")
        local = cls.serve(cls, "--precision", "fixed", cleanup=cls.addClassCleanup)
        cls.wanted = answers_of(local)

    def serve(self, *flags, cleanup=None):
        server = Server(BUILD_DIR, KJV, *SHAPE, "--rerank-template", self.template, "--rerank-labels", "Y,N", *flags)
        (cleanup or self.addCleanup)(server.close)
        return server

    def accelerator(self, *flags):
        """A server over TCP alone, and where it listens."""
        server = subprocess.Popen(
            [BUILD_DIR / "bin/sotto-accelerator", "--model", KJV, "--threads", "1", "--listen", "localhost:0", *flags],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        return server, server.stdout.readline().removeprefix("listening on ").strip()

    def tls_accelerator(self, name):
        folder = self.directory / name
        folder.mkdir()
        certificate, key = make_certificate(folder)
        public = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"], check=True,
                                capture_output=True).stdout
        server, endpoint = self.accelerator("--tls-cert", certificate, "--tls-key", key)
        return server, endpoint, hashlib.sha256(public).hexdigest()

    def check(self, server, accelerators):
        report = server.ask("/v1/protection")[2]
        self.assertEqual((report["accelerators"]["count"], report["accelerators"]["hidden"]), (accelerators, True))
        self.assertEqual(report["precision"]["linear"], "fixed")
        for got, wanted, request in zip(answers_of(server), self.wanted, requests()):
            self.assertEqual(got, wanted, request[0])

    def test_pads(self):
        accelerator, endpoint = self.accelerator()
        server = self.serve("--split", "--accelerator", endpoint, "--data-plane", "grpc")
        self.check(server, 1)
        # Without its accelerator the service says so, and stays.
        accelerator.kill()
        status, headers, answer = server.ask("/v1/completions", {"prompt": "In the", "max_tokens": 0})
        self.assertEqual(status, 503, answer)
        self.assertIn("accelerator", answer["error"]["message"])
        self.assertIn("Retry-After", headers)
        self.assertEqual(server.ask("/health")[0], 200)
        self.assertEqual(server.stop(), 0)

    def test_shares(self):
        _, first, first_key = self.tls_accelerator("first")
        _, second, second_key = self.tls_accelerator("second")
        server = self.serve("--split", "--protection", "shares", "--accelerator", first, "--accelerator-key", first_key,
                            "--accelerator", second, "--accelerator-key", second_key)
        self.check(server, 2)
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    KJV = SOURCE_DIR / "models/kjv-2m"
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
