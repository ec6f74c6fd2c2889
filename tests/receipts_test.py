"""Receipts of the service, over a socket, and of `sotto score` and `prefill`, judged by
`sotto verify-receipt`.

Usage: receipts_test.py SOURCE_DIR BUILD_DIR. Quotes come from an emulated TEE.
"""

import concurrent.futures
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import service_rankings_test
from emulated_tee import EmulatedTee
from service_process import Server, until

KEYS = ["the-key-that-asks", "another-clients-key"]
PROMPT = "In the beginning God created"
REQUESTS = [
    ("/v1/completions", {"prompt": PROMPT, "max_tokens": 1, "logprobs": 1, "echo": True}),
    ("/v1/embeddings", {"input": PROMPT, "model": "kjv-2m"}),
    ("/v1/rerank", {"query": PROMPT, "documents": ["a", "b"]}),
    ("/rerank", {"query": PROMPT, "documents": ["a", "b"]}),
    ("/v2/rerank", {"query": PROMPT, "documents": ["a", "b"]}),
    ("/v1/score", {"text_1": PROMPT, "text_2": "b"}),
    ("/score", {"text_1": PROMPT, "text_2": "b"}),
]
EVENTS = ["request.received", "request.forwarded", "sotto.model", "sotto.protection", "sotto.usage", "response.returned"]


def emulate_tee(case, directory):
    """The files of an SGX enclave, answered as long as the class's tests run."""
    tee = directory / "tee"
    tee.mkdir()
    case.addClassCleanup(EmulatedTee(BUILD_DIR, "sgx", tee).close)
    return tee


def sotto(*arguments, **options):
    return subprocess.run([BUILD_DIR / "bin/sotto", *arguments], capture_output=True, timeout=120, check=False, **options)


class ReceiptsTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.directory = pathlib.Path(directory.name)
        cls.tee = emulate_tee(cls, cls.directory)
        (cls.directory / "keys").write_text("\n".join(KEYS))
        (cls.directory / "template").write_text("{query} {document}")
        cls.server = cls.serve("--api-key-file", cls.directory / "keys")
        cls.keyset = cls.fetch_keyset(cls.server)

    @classmethod
    def serve(cls, *flags, cleanup=None):
        server = Server(BUILD_DIR, KJV, "--insecure-test-attester", cls.tee, "--rerank-template",
                        cls.directory / "template", "--rerank-labels", "Y,N", *flags)
        (cleanup or cls.addClassCleanup)(server.close)
        return server

    @classmethod
    def fetch_keyset(cls, server):
        """A file with the server's attestation report."""
        status, _, report = server.ask("/v1/aci/attestation")
        assert status == 200, report
        path = cls.directory / f"report-{server.port}.json"
        path.write_text(json.dumps(report))
        return path

    def post(self, path, body, key=KEYS[0], server=None):
        """The bytes that were sent and that came back, and the answer's headers."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection = (server or self.server).connect()
        self.addCleanup(connection.close)
        connection.request("POST", path, sent, {"Authorization": "Bearer " + key} if key else {})
        answer = connection.getresponse()
        came = answer.read()
        return answer.status, sent, came, answer.headers

    def receipt(self, id, key=KEYS[0], server=None):
        return (server or self.server).ask("/v1/aci/receipts/" + id,
                                           headers={"Authorization": "Bearer " + key} if key else {})

    def verify(self, receipt, request=None, response=None, keyset=None):
        """The exit code, and the verdict."""
        with tempfile.TemporaryDirectory() as directory:
            folder = pathlib.Path(directory)
            (folder / "receipt").write_text(json.dumps(receipt))
            flags = ["--receipt", folder / "receipt", "--keyset", keyset or self.keyset, "--json"]
            for name, body in (("request", request), ("response", response)):
                if body is not None:
                    (folder / name).write_bytes(body)
                    flags += ["--" + name, folder / name]
            done = subprocess.run([BUILD_DIR / "bin/sotto", "verify-receipt", *flags], capture_output=True, text=True,
                                  timeout=60, check=False)
            self.assertIn(done.returncode, (0, 3), done.stderr)
            return done.returncode, json.loads(done.stdout)

    def test_every_answer_has_one(self):
        for path, body in REQUESTS:
            with self.subTest(path):
                status, sent, came, headers = self.post(path, body)
                self.assertEqual(status, 200, came)
                answer = json.loads(came)
                status, _, receipt = self.receipt(headers["X-Receipt-Id"])
                self.assertEqual(status, 200, receipt)
                code, verdict = self.verify(receipt, sent, came)
                self.assertEqual(code, 0, verdict)
                self.assertEqual(receipt["receipt_id"], headers["X-Receipt-Id"])
                self.assertEqual((receipt["endpoint"], receipt["method"]), (path, "POST"))
                self.assertEqual(receipt["model"], body.get("model"))
                self.assertEqual(receipt["chat_id"], answer.get("id"))
                self.assertEqual([event["type"] for event in receipt["event_log"]], EVENTS)
                usage = receipt["event_log"][4]
                self.assertEqual(usage["tokens"], answer["usage"]["prompt_tokens"] if "usage" in answer else 0)
                self.assertEqual(usage["exchanges_verified"], 0)

    def test_a_classifiers_answers_have_them(self):
        folder = self.directory / "classifier"
        service_rankings_test.make_classifier(folder, ["good", "bad"])
        server = Server(BUILD_DIR, folder, "--insecure-test-attester", self.tee)
        self.addCleanup(server.close)
        keyset = self.fetch_keyset(server)
        for path in ("/v1/classify", "/classify"):
            _, sent, came, headers = self.post(path, {"input": [PROMPT, "a"]}, key=None, server=server)
            receipt = self.receipt(headers["X-Receipt-Id"], key=None, server=server)[2]
            code, verdict = self.verify(receipt, sent, came, keyset)
            self.assertEqual(code, 0, verdict)
            self.assertEqual((receipt["endpoint"], receipt["chat_id"]), (path, json.loads(came)["id"]))

    def test_what_it_says_of_the_model_and_its_protection(self):
        inspected = subprocess.run([BUILD_DIR / "bin/sotto", "model", "inspect", KJV], capture_output=True, text=True,
                                   timeout=60, check=True).stdout
        *_, headers = self.post("/v1/embeddings", {"input": "a"})
        events = {event["type"]: event for event in self.receipt(headers["X-Receipt-Id"])[2]["event_log"]}
        for digest in ("model_sha256", "config_sha256", "tokenizer_sha256", "weights_sha256"):
            self.assertIn(events["sotto.model"][digest], inspected)
        protection = events["sotto.protection"]
        self.assertEqual((protection["platform"], protection["hidden_from_host"]), ("none", False))
        self.assertEqual((protection["protection"], protection["accelerators"]), (None, 0))
        self.assertEqual((protection["precision"], protection["attention_precision"]), ("f32", "f32"))

    def test_the_answers_id_finds_it_too(self):
        _, _, came, headers = self.post("/v1/completions", {"prompt": PROMPT, "max_tokens": 0})
        by_id = self.receipt(json.loads(came)["id"])
        self.assertEqual(by_id[0], 200)
        self.assertEqual(by_id[2], self.receipt(headers["X-Receipt-Id"])[2])

    def test_what_was_altered_is_refused(self):
        _, sent, came, headers = self.post("/v1/completions", {"prompt": PROMPT, "max_tokens": 0})
        receipt = self.receipt(headers["X-Receipt-Id"])[2]
        self.assertEqual(self.verify(receipt, sent + b" ", came)[1]["reasons"][0]["id"], "request_mismatch")
        self.assertEqual(self.verify(receipt, sent, came[:-1])[1]["reasons"][0]["id"], "response_mismatch")
        receipt["event_log"][4]["tokens"] += 1
        code, verdict = self.verify(receipt, sent, came)
        self.assertEqual((code, [reason["id"] for reason in verdict["reasons"]]), (3, ["signature"]))

    def test_another_server_has_other_keys(self):
        other = self.serve(cleanup=self.addCleanup)
        _, _, _, headers = self.post("/v1/embeddings", {"input": "a"}, key=None, server=other)
        receipt = self.receipt(headers["X-Receipt-Id"], key=None, server=other)[2]
        self.assertEqual(self.verify(receipt, keyset=self.fetch_keyset(other))[0], 0)
        reasons = {reason["id"] for reason in self.verify(receipt)[1]["reasons"]}
        self.assertEqual(reasons, {"keyset_mismatch", "unknown_key"})

    def test_only_the_key_that_asked_may_see_it(self):
        _, _, came, headers = self.post("/v1/completions", {"prompt": PROMPT, "max_tokens": 0})
        for id in (headers["X-Receipt-Id"], json.loads(came)["id"]):
            status, _, refused = self.receipt(id, KEYS[1])
            unknown = self.receipt("rcpt-" + "0" * 32, KEYS[1])
            self.assertEqual((status, refused), (404, unknown[2]))
            self.assertEqual(refused["error"]["type"], "not_found")
            self.assertEqual(self.receipt(id, key=None)[0], 401)
            self.assertEqual(self.receipt(id, "a-key-of-nobodys")[0], 401)
            self.assertEqual(self.receipt(id)[0], 200)

    def test_errors_and_other_answers_have_none(self):
        for path, body in [("/v1/completions", {"prompt": PROMPT}), ("/v1/completions", b"{"),
                           ("/v1/classify", {"input": PROMPT}), ("/tokenize", {"prompt": PROMPT})]:
            self.assertNotIn("X-Receipt-Id", self.post(path, body)[3])
        self.assertEqual(self.receipt("")[0], 404)

    def test_the_oldest_goes_and_memory_stays(self):
        server = self.serve("--max-receipts", "8", cleanup=self.addCleanup)
        ids = [self.post("/v1/embeddings", {"input": "a"}, key=None, server=server)[3]["X-Receipt-Id"]
               for _ in range(20)]
        self.assertEqual(len(set(ids)), 20)
        found = [self.receipt(id, key=None, server=server)[0] for id in ids]
        self.assertEqual(found, [404] * 12 + [200] * 8)

    def test_age_ends_them(self):
        server = self.serve("--receipt-seconds", "1", cleanup=self.addCleanup)
        id = self.post("/v1/embeddings", {"input": "a"}, key=None, server=server)[3]["X-Receipt-Id"]
        self.assertTrue(until(lambda: self.receipt(id, key=None, server=server)[0] == 404))

    def test_many_at_once(self):
        def ask(number):
            status, sent, came, headers = self.post("/v1/completions", {"prompt": f"{PROMPT} {number}", "max_tokens": 0})
            return status, sent, came, self.receipt(headers["X-Receipt-Id"])[2]
        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(ask, range(24)))
        for status, sent, came, receipt in answers:
            self.assertEqual((status, self.verify(receipt, sent, came)[0]), (200, 0))

    def test_verified_exchanges_are_counted_for_each_request(self):
        accelerator = subprocess.Popen([BUILD_DIR / "bin/sotto-accelerator", "--model", KJV, "--threads", "1", "--listen",
                                        "localhost:0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(accelerator.stdout.close)
        self.addCleanup(accelerator.wait)
        self.addCleanup(accelerator.kill)
        endpoint = accelerator.stdout.readline().removeprefix("listening on ").strip()
        server = self.serve("--split", "--accelerator", endpoint, "--data-plane", "grpc", "--prefill-length", "64",
                            "--batch-size", "2", cleanup=self.addCleanup)
        counts = []
        for inputs in (["a"], ["a", "b"], ["a", "b", "c"]):
            id = self.post("/v1/embeddings", {"input": inputs}, key=None, server=server)[3]["X-Receipt-Id"]
            receipt = self.receipt(id, key=None, server=server)[2]
            self.assertEqual(receipt["event_log"][3]["protection"], "pads")
            self.assertEqual(receipt["event_log"][3]["accelerators"], 1)
            self.assertEqual(receipt["event_log"][3]["precision"], "fixed")
            self.assertEqual(receipt["event_log"][4]["prompts"], len(inputs))
            counts.append(receipt["event_log"][4]["exchanges_verified"])
        self.assertGreater(counts[0], 0)
        self.assertEqual(counts[1:], [counts[0], 2 * counts[0]])

    def test_without_a_tee_there_are_none(self):
        server = Server(BUILD_DIR, KJV)
        self.addCleanup(server.close)
        self.assertNotIn("X-Receipt-Id", self.post("/v1/embeddings", {"input": "a"}, key=None, server=server)[3])
        status, _, answer = self.receipt("rcpt-0", key=None, server=server)
        self.assertEqual((status, answer["error"]["type"]), (404, "not_found"))
        none = self.serve("--max-receipts", "0", cleanup=self.addCleanup)
        self.assertNotIn("X-Receipt-Id", self.post("/v1/embeddings", {"input": "a"}, key=None, server=none)[3])


class BatchTest(unittest.TestCase):
    """A receipt of one run, from a file to a file."""

    NONCE = "5a" * 32

    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.tee = emulate_tee(cls, pathlib.Path(directory.name))
        inspected = sotto("model", "inspect", KJV, text=True).stdout
        cls.model_sha256 = re.search(r"model_sha256\s+([0-9a-f]{64})", inspected)[1]

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.folder = pathlib.Path(directory.name)
        self.input, self.output = self.folder / "in.jsonl", self.folder / "out.json"
        self.receipt, self.report = self.folder / "receipt.json", self.folder / "receipt.report.json"
        # A byte order mark, a blank line and no line end behind the last: all of it counts.
        self.input.write_bytes(b'\xef\xbb\xbf{"prompt": "In the beginning"}\r\n\n{"prompt": "And the earth"}')

    def run_batch(self, command, *flags, attester=True, **options):
        given = {"score": "--input", "prefill": "--prompts"}[command]
        where = ("--insecure-test-attester", self.tee) if attester else ()
        return sotto(command, "--model", KJV, given, self.input, "--output", self.output, "--receipt", self.receipt,
                     *where, *flags, **options)

    def verify(self, *flags, request=None, response=None):
        done = sotto("verify-receipt", "--receipt", self.receipt, "--keyset", self.report, "--request",
                     request or self.input, "--response", response or self.output, "--json", *flags)
        return done.returncode, [reason["id"] for reason in json.loads(done.stdout)["reasons"]]

    def altered(self, path):
        """A copy with one bit of one byte changed."""
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        copy = self.folder / "altered"
        copy.write_bytes(content)
        return copy

    def test_input_model_and_output_are_bound(self):
        for command in ("score", "prefill"):
            with self.subTest(command):
                done = self.run_batch(command, "--precision", "f32")
                self.assertEqual(done.returncode, 0, done.stderr)
                for path in (self.output, self.receipt, self.report):
                    self.assertEqual(path.stat().st_mode & 0o777, 0o600, path)
                known = ("--model-sha256", self.model_sha256)
                self.assertEqual(self.verify(*known), (0, []))
                self.assertEqual(self.verify(request=self.altered(self.input)), (3, ["request_mismatch"]))
                self.assertEqual(self.verify(response=self.altered(self.output)), (3, ["response_mismatch"]))
                self.assertEqual(self.verify("--model-sha256", "0" * 64), (3, ["model_mismatch"]))
                receipt = json.loads(self.receipt.read_text())
                self.assertEqual((receipt["method"], receipt["endpoint"], receipt["model"]), ("sotto", command, "kjv-2m"))
                self.assertEqual([event["type"] for event in receipt["event_log"]], EVENTS)
                self.assertEqual(receipt["event_log"][2]["model_sha256"], self.model_sha256)
                self.assertEqual(receipt["event_log"][3]["precision"], "f32")
                self.assertEqual(receipt["event_log"][4]["prompts"], 2)
                self.assertGreater(receipt["event_log"][4]["tokens"], 2)
                receipt["event_log"][2]["model_sha256"] = "0" * 64
                self.receipt.write_text(json.dumps(receipt))
                self.assertEqual(self.verify("--model-sha256", "0" * 64), (3, ["signature"]))

    def test_a_corpus_is_bound_whole(self):
        self.input = self.folder / "in.txt"
        self.input.write_bytes("\ufeffIn the beginning God created\r\nthe heaven.\n\n".encode())
        done = self.run_batch("score", "--corpus")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.verify(), (0, []))

    def test_the_report_answers_the_nonce(self):
        done = self.run_batch("score", "--nonce", self.NONCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(self.report.read_text())
        statement = json.dumps({"keyset_digest": report["workload_keyset_digest"], "nonce": self.NONCE,
                                "purpose": "aci.report_data.v1"}, separators=(",", ":"))
        report_data = hashlib.sha256(statement.encode()).hexdigest()
        self.assertEqual(report["attestation"]["report_data"], report_data)
        self.assertIn(report_data + "00" * 32, report["attestation"]["evidence"]["quote"])
        self.assertEqual(json.loads(self.receipt.read_text())["workload_keyset_digest"],
                         report["workload_keyset_digest"])
        self.assertEqual(report["attestation"]["workload_keyset"]["tls_public_keys"], [])

    def test_each_run_has_a_key_of_its_own(self):
        keysets = set()
        for _ in range(2):
            self.assertEqual(self.run_batch("score").returncode, 0)
            keysets.add(json.loads(self.receipt.read_text())["workload_keyset_digest"])
        self.assertEqual(len(keysets), 2)

    def test_pipes_are_hashed_as_they_pass(self):
        for command in ("score", "prefill"):
            flags = {"score": ("--input", "-"), "prefill": ("--prompts", "-", "--prompts-format", "jsonl")}[command]
            done = sotto(command, "--model", KJV, *flags, "--output", "-", "--receipt", self.receipt,
                         "--insecure-test-attester", self.tee, input=self.input.read_bytes())
            self.assertEqual(done.returncode, 0, done.stderr)
            self.output.write_bytes(done.stdout)
            self.assertEqual(self.verify(), (0, []))

    def test_a_run_that_fails_leaves_no_receipt(self):
        self.input.write_text('{"prompt": "a"}\n{"prompt": 1}\n')
        for command in ("score", "prefill"):
            self.assertEqual(self.run_batch(command).returncode, 1)
            self.assertFalse(self.receipt.exists() or self.report.exists())
        self.input.write_text("\n")
        done = self.run_batch("score", text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--receipt: there is none, since nothing was computed", done.stderr)
        self.assertFalse(self.receipt.exists() or self.report.exists())

    def test_outside_a_tee_there_is_none(self):
        self.receipt.write_text("of an earlier run")
        for command in ("score", "prefill"):
            done = self.run_batch(command, attester=False, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn("--receipt: no report can be made: not in a TEE", done.stderr)
            self.assertFalse(self.output.exists() or self.report.exists())
        self.assertEqual(self.receipt.read_text(), "of an earlier run")

    def test_what_no_receipt_can_be_of_is_refused(self):
        cache = self.folder / "cache"
        for command, flags, message in [
                ("score", ["--resume"], "--receipt: cannot be combined with --resume"),
                ("score", ["--shard", "1/2"], "--receipt: cannot be combined with --shard"),
                ("score", ["--weight-cache", cache], "--receipt: cannot be combined with --weight-cache"),
                ("prefill", ["--weight-cache", cache], "--receipt: cannot be combined with --weight-cache"),
                ("prefill", ["--logprobs", self.folder / "l"], "--receipt: cannot be combined with --logprobs"),
                ("prefill", ["--save-logits", self.folder / "l.npy"], "--receipt: cannot be combined with --save-logits"),
                ("score", ["--nonce", "5A" * 32], "--nonce: must be 64 lower-case hexadecimal digits")]:
            with self.subTest(message):
                done = self.run_batch(command, *flags, text=True)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(message, done.stderr)
                self.assertEqual(sorted(self.folder.iterdir()), [self.input])
        for command, flags, message in [
                ("score", ["--receipt", "-"], "--receipt: must be the name of a file"),
                ("prefill", ["--prompt", "a", "--receipt", self.receipt], "--receipt: needs --prompts FILE"),
                ("score", ["--nonce", self.NONCE], "--nonce: has no effect without --receipt"),
                ("prefill", ["--insecure-test-attester", self.tee],
                 "--insecure-test-attester: has no effect without --receipt")]:
            done = sotto(command, "--model", KJV, *flags, text=True, input="")
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(message, done.stderr)

    def test_no_input_is_overwritten(self):
        before = self.input.read_bytes()
        self.receipt = self.input
        self.assertEqual(self.run_batch("score").returncode, 1)
        self.input = self.input.rename(self.folder / "r.report.json")
        self.receipt = self.folder / "r.json"
        for command in ("score", "prefill"):
            done = self.run_batch(command, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn("would be overwritten", done.stderr)
        self.assertEqual(self.input.read_bytes(), before)


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    KJV = SOURCE_DIR / "models/kjv-2m"
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
