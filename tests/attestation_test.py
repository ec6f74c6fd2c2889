"""What `sotto serve` says of itself to those who verify it, over quotes of an emulated TEE.

The files of the TEE are served by tests/emulated_tee, in place of Gramine or Linux: nothing here runs in SGX or TDX.
Usage: attestation_test.py SOURCE_DIR BUILD_DIR.
"""

import concurrent.futures
import hashlib
import http.client
import json
import pathlib
import re
import secrets
import signal
import ssl
import subprocess
import sys
import tempfile
import unittest

from emulated_tee import EmulatedTee
from service_process import Server, make_certificate, until

KEY = "a-key-for-this-test-alone"
NONCE = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"


def canonical(value):
    """RFC 8785, as far as reports need it: ASCII names, whole numbers."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class AttestedServer(Server):
    """With a TLS key that it makes itself, which no file holds: clients look at the key, not at the certificate."""

    def __init__(self, tee, *flags):
        # Server would say --no-tls without a certificate, and there is none here.
        self.by_tls = "--no-tls" not in flags
        super().__init__(BUILD_DIR, KJV, "--insecure-test-attester", tee.directory, *flags, tls=None,
                         security=[])

    def connect(self, timeout=60):
        if not self.by_tls:
            return http.client.HTTPConnection("localhost", self.port, timeout=timeout)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection("localhost", self.port, timeout=timeout, context=context)

    def spki_sha256(self):
        pem = ssl.get_server_certificate(("localhost", self.port))
        key = subprocess.run(["openssl", "x509", "-pubkey", "-noout"], input=pem.encode(), capture_output=True,
                             check=True, timeout=60).stdout
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key, capture_output=True,
                             check=True, timeout=60).stdout
        return sha256(der)

    def report(self, query="", status=200):
        found, headers, report = self.ask("/v1/aci/attestation" + query)
        assert found == status, (found, report)
        return headers, report


class Attested:
    """Of each kind of TEE; TEE says which."""

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.tee = EmulatedTee(BUILD_DIR, cls.TEE, cls.directory.name)
        cls.server = AttestedServer(cls.tee, "--keyset-subject", "spiffe://example/sotto", "--keyset-hours", "2",
                                    "--api-key-file", cls.keys())

    @classmethod
    def keys(cls):
        path = pathlib.Path(cls.directory.name, "keys")
        path.write_text(KEY + "\n")
        return path

    @classmethod
    def tearDownClass(cls):
        cls.server.close()
        cls.tee.close()
        cls.directory.cleanup()

    def check_report(self, report, nonce):
        attestation = report["attestation"]
        keyset = attestation["workload_keyset"]
        digest = "sha256:" + sha256(canonical(keyset))
        self.assertEqual(report["workload_keyset_digest"], digest)
        quoted = "null" if nonce is None else f'"{nonce}"'
        statement = f'{{"keyset_digest":"{digest}","nonce":{quoted},"purpose":"aci.report_data.v1"}}'
        self.assertEqual(attestation["report_data"], sha256(statement.encode()))
        verdict = self.tee.judge(attestation["evidence"]["quote"], attestation["report_data"] + "00" * 32)
        self.assertTrue(verdict["accepted"], verdict)

    def test_a_report_is_acis(self):
        _, report = self.server.report("?nonce=" + NONCE)
        self.check_report(report, NONCE)
        self.assertEqual(report["api_version"], "aci/1")
        self.assertEqual(report["service_capabilities"], {"supported_e2ee_versions": [], "serving": "direct"})
        attestation = report["attestation"]
        self.assertEqual(attestation["tee_type"], self.TEE)
        self.assertEqual(set(attestation["source_provenance"]),
                         {"repo_url", "repo_commit", "image_digest", "image_provenance"})
        keyset = attestation["workload_keyset"]
        self.assertEqual(keyset["subject"], "spiffe://example/sotto")
        self.assertEqual([key["algo"] for key in keyset["receipt_signing_keys"]], ["ed25519"])
        self.assertEqual([key["algo"] for key in keyset["e2ee_public_keys"]], ["sotto-channel-ed25519"])

    def test_the_tls_key_is_in_the_keyset(self):
        _, report = self.server.report()
        self.assertEqual(report["attestation"]["workload_keyset"]["tls_public_keys"],
                         [{"spki_sha256": self.server.spki_sha256()}])

    def test_the_certificate_carries_a_quote_of_its_key(self):
        pem = ssl.get_server_certificate(("localhost", self.server.port))
        shown = subprocess.run(["openssl", "asn1parse"], input=pem.encode(), capture_output=True, check=True,
                               timeout=60).stdout.decode()
        evidence = bytes.fromhex(re.search(r":2\.23\.133\.5\.4\.9\n.*\[HEX DUMP\]:([0-9A-F]+)\n", shown)[1])
        # Tag 60000 of [quote, claims], both byte strings; {"pubkey-hash": bytes of [1, SHA-256]}.
        self.assertEqual(evidence[:5].hex(), "d9ea608259")
        size = int.from_bytes(evidence[5:7], "big")
        quote, claims = evidence[7:7 + size], evidence[7 + size + 2:]
        self.assertEqual(claims.hex(), "a16b" + b"pubkey-hash".hex() + "58248201" + "5820" + self.server.spki_sha256())
        self.assertEqual(evidence[7 + size:7 + size + 2].hex(), f"58{len(claims):02x}")
        verdict = self.tee.judge(quote.hex(), sha256(claims) + "00" * 32)
        self.assertTrue(verdict["accepted"], verdict)

    def test_without_a_nonce_the_statement_says_null(self):
        for query in ("", "?", "?model=kjv-2m"):
            self.check_report(self.server.report(query)[1], None)

    def test_a_nonce_is_64_lower_case_digits_once(self):
        for nonce in ("", "00", NONCE.upper(), NONCE + "0", NONCE[:-1] + "g", "%30" + NONCE[1:], f"{NONCE}&nonce={NONCE}"):
            _, error = self.server.report("?nonce=" + nonce, status=400)
            self.assertEqual(error["error"]["type"], "invalid_request_error")
            self.assertEqual(error["error"]["param"], "nonce")
        self.server.report("?nonce", status=400)
        self.check_report(self.server.report(f"?a=b&nonce={NONCE}&c")[1], NONCE)

    def test_the_same_nonce_gets_the_same_quote_and_another_another(self):
        nonces = [secrets.token_hex(32), secrets.token_hex(32)]
        first, second = ([self.server.report("?nonce=" + nonce)[1] for nonce in nonces] for _ in range(2))
        self.assertEqual(first, second)  # Signatures of two quotes differ.
        self.assertNotEqual(first[0], first[1])

    def test_every_answer_names_the_keyset(self):
        digest = self.server.report()[1]["workload_keyset_digest"]
        with_key = {"Authorization": "Bearer " + KEY}
        for path, body, headers, wanted in [
                ("/health", None, {}, 200), ("/v1/models", None, with_key, 200), ("/v1/models", None, {}, 401),
                ("/nowhere", None, {}, 404), ("/v1/completions", b"no json", with_key, 400),
                ("/v1/completions", {"prompt": "In the beginning", "max_tokens": 1}, with_key, 200),
                ("/health", None, {"Transfer-Encoding": "gzip"}, 400)]:
            status, answered, _ = self.server.ask(path, body, headers=headers)
            self.assertEqual((status, answered["X-ACI-Version"], answered["X-ACI-Keyset-Digest"]),
                             (wanted, "aci/1", digest), path)

    def test_the_server_says_that_it_is_a_test(self):
        self.assertIn("PROVE NOTHING", self.server.log())
        status, _, protection = self.server.ask("/v1/protection", headers={"Authorization": "Bearer " + KEY})
        self.assertEqual(status, 200)
        digest = self.server.report()[1]["workload_keyset_digest"]
        self.assertEqual(protection["attestation"],
                         {"tee": self.TEE, "keyset_digest": digest, "insecure_test": True})
        self.assertFalse(protection["host"]["hidden"])

    def channel(self):
        """The exporter of a connection, as OpenSSL computes it, and the proof that came over it."""
        request = b"POST /v1/aci/channel HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        done = subprocess.run(["openssl", "s_client", "-connect", f"localhost:{self.server.port}", "-ign_eof",
                               "-keymatexport", "EXPORTER-sotto-channel", "-keymatexportlen", "32"],
                              input=request, capture_output=True, timeout=60, check=False).stdout.decode()
        exporter = re.search(r"Keying material: ([0-9A-F]{64})\n", done)
        proof = re.search(r"\r\n\r\n(\{.*\})", done)
        self.assertTrue(exporter and proof, done)
        return exporter[1].lower(), json.loads(proof[1])

    def verifies(self, key, message, signature):
        with tempfile.TemporaryDirectory() as directory:
            paths = {name: pathlib.Path(directory, name) for name in ("key", "message", "signature")}
            # The header of an Ed25519 SubjectPublicKeyInfo (RFC 8410).
            paths["key"].write_bytes(bytes.fromhex("302a300506032b6570032100" + key))
            paths["message"].write_bytes(message)
            paths["signature"].write_bytes(bytes.fromhex(signature))
            return subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", paths["key"],
                                   "-rawin", "-in", paths["message"], "-sigfile", paths["signature"]],
                                  capture_output=True, timeout=60, check=False).returncode == 0

    def test_a_channels_proof_is_of_this_connection(self):
        report = self.server.report()[1]
        key, = report["attestation"]["workload_keyset"]["e2ee_public_keys"]
        (first, proof), (second, other) = self.channel(), self.channel()
        self.assertNotEqual(first, second)
        for exporter, one in ((first, proof), (second, other)):
            self.assertEqual((one["workload_keyset_digest"], one["key_id"]),
                             (report["workload_keyset_digest"], key["key_id"]))
            statement = canonical({"exporter": exporter, "keyset_digest": report["workload_keyset_digest"],
                                   "purpose": "sotto.channel.v1"})
            self.assertTrue(self.verifies(key["public_key"], statement, one["signature"]))
        self.assertFalse(self.verifies(key["public_key"], statement, proof["signature"]))

    def test_who_shows_no_key_sends_no_body(self):
        status, _, _ = self.server.ask("/v1/aci/channel", b"{}", method="POST")
        self.assertEqual(status, 413)
        self.assertEqual(self.server.ask("/v1/aci/channel")[0], 405)


class SgxTest(Attested, unittest.TestCase):
    TEE = "sgx"


class TdxTest(Attested, unittest.TestCase):
    TEE = "tdx"


class WithTee(unittest.TestCase):
    """An emulated SGX a test, in a directory of its own."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.tee = EmulatedTee(BUILD_DIR, "sgx", directory.name)
        self.addCleanup(self.tee.close)
        self.directory = pathlib.Path(directory.name)


class LimitsTest(WithTee):

    def serve(self, *flags):
        server = AttestedServer(self.tee, *flags)
        self.addCleanup(server.close)
        return server

    def test_quotes_for_strangers_are_rationed(self):
        server = self.serve()
        _, kept = server.report("?nonce=" + NONCE)

        def ask(_):
            return server.ask("/v1/aci/attestation?nonce=" + secrets.token_hex(32))

        with concurrent.futures.ThreadPoolExecutor(40) as pool:
            answers = list(pool.map(ask, range(200)))
        refused = [(headers, answer) for status, headers, answer in answers if status == 429]
        self.assertEqual({status for status, _, _ in answers}, {200, 429})
        for headers, answer in refused:
            self.assertGreaterEqual(int(headers["Retry-After"]), 1)
            self.assertEqual(answer["error"]["type"], "rate_limit_error")
        # Others are served meanwhile.
        self.assertEqual(server.ask("/health")[0], 200)
        self.assertEqual(server.ask("/v1/completions", {"prompt": "a", "max_tokens": 1})[0], 200)
        self.assertEqual(kept["api_version"], "aci/1")

    def test_a_channel_needs_tls(self):
        server = self.serve("--no-tls")
        status, _, answer = server.ask("/v1/aci/channel", method="POST")
        self.assertEqual((status, answer["error"]["type"]), (400, "invalid_request_error"))
        self.assertIn("TLS", answer["error"]["message"])
        self.assertEqual(server.report()[1]["attestation"]["workload_keyset"]["tls_public_keys"], [])

    def test_each_start_has_keys_of_its_own(self):
        digests = [self.serve().report()[1]["workload_keyset_digest"] for _ in range(2)]
        self.assertNotEqual(*digests)

    def test_the_command_attests_without_keys(self):
        command = [BUILD_DIR / "bin/sotto", "attest", "--insecure-test-attester", self.tee.directory]
        done = subprocess.run([*command, "--nonce", NONCE], capture_output=True, text=True, check=True, timeout=60)
        self.assertIn("PROVE NOTHING", done.stderr)
        report = json.loads(done.stdout)
        attestation = report["attestation"]
        keyset = attestation["workload_keyset"]
        self.assertEqual([keyset[name] for name in ("receipt_signing_keys", "e2ee_public_keys", "tls_public_keys")],
                         [[], [], []])
        statement = canonical({"keyset_digest": "sha256:" + sha256(canonical(keyset)), "nonce": NONCE,
                               "purpose": "aci.report_data.v1"})
        self.assertEqual(attestation["report_data"], sha256(statement))
        verdict = self.tee.judge(attestation["evidence"]["quote"], attestation["report_data"] + "00" * 32)
        self.assertTrue(verdict["accepted"], verdict)


class RenewalTest(WithTee):
    """A keyset that is renewed, here at once by SIGUSR1, as otherwise when two thirds of its time are over."""

    def renew(self, server):
        """Sends the signal; waits until new connections have another keyset."""
        before = server.report()[1]["workload_keyset_digest"]
        server.process.send_signal(signal.SIGUSR1)
        self.assertTrue(until(lambda: server.ask("/health")[1]["X-ACI-Keyset-Digest"] != before), server.log())

    def embed(self, server, connection=None):
        """The answer's headers."""
        status, headers, _ = server.ask("/v1/embeddings", {"input": "a"}, connection=connection)
        self.assertEqual(status, 200)
        return headers

    def verify(self, receipt, report):
        paths = {name: self.directory / name for name in ("receipt", "report")}
        for name, value in (("receipt", receipt), ("report", report)):
            paths[name].write_text(json.dumps(value))
        return subprocess.run([BUILD_DIR / "bin/sotto", "verify-receipt", "--receipt", paths["receipt"], "--keyset",
                               paths["report"]], capture_output=True, timeout=60, check=False).returncode

    def test_no_private_key_lies_about_as_text(self):
        server = AttestedServer(self.tee)
        self.addCleanup(server.close)
        try:
            server.memory()
        except PermissionError:
            self.skipTest("SKIPPED: only root may read the memory of a process that allows no dumps")
        for _ in range(2):
            self.assertTrue(until(lambda: b"PRIVATE KEY-----\nM" not in server.memory()))
            self.renew(server)
        # A search that finds what it should: the certificate is kept as text.
        self.assertIn(b"CERTIFICATE-----\nM", server.memory())

    def test_all_keys_are_new_and_old_receipts_hold(self):
        server = AttestedServer(self.tee)
        self.addCleanup(server.close)
        old, old_tls = server.report("?nonce=" + NONCE)[1], server.spki_sha256()
        old_id = self.embed(server)["X-Receipt-Id"]
        kept = server.connect()
        self.addCleanup(kept.close)
        self.embed(server, kept)

        self.renew(server)
        new = server.report("?nonce=" + NONCE)[1]
        keysets = [report["attestation"]["workload_keyset"] for report in (old, new)]
        for name in ("receipt_signing_keys", "e2ee_public_keys", "tls_public_keys"):
            self.assertNotEqual(keysets[0][name], keysets[1][name], name)
        self.assertGreaterEqual(keysets[1]["not_after"], keysets[0]["not_after"])
        self.assertNotEqual(server.spki_sha256(), old_tls)
        self.assertEqual(keysets[1]["tls_public_keys"], [{"spki_sha256": server.spki_sha256()}])
        verdict = self.tee.judge(new["attestation"]["evidence"]["quote"],
                                 new["attestation"]["report_data"] + "00" * 32)
        self.assertTrue(verdict["accepted"], verdict)
        self.assertEqual(server.ask("/v1/protection")[2]["attestation"]["keyset_digest"],
                         new["workload_keyset_digest"])
        status, _, proof = server.ask("/v1/aci/channel", method="POST")
        self.assertEqual((status, proof["workload_keyset_digest"], proof["key_id"]),
                         (200, new["workload_keyset_digest"], keysets[1]["e2ee_public_keys"][0]["key_id"]))

        # What was answered before is signed as it was; what is asked now, by the new key.
        old_receipt = server.ask("/v1/aci/receipts/" + old_id)[2]
        self.assertEqual(old_receipt["workload_keyset_digest"], old["workload_keyset_digest"])
        self.assertEqual((self.verify(old_receipt, old), self.verify(old_receipt, new)), (0, 3))
        new_receipt = server.ask("/v1/aci/receipts/" + self.embed(server)["X-Receipt-Id"])[2]
        self.assertEqual((self.verify(new_receipt, new), self.verify(new_receipt, old)), (0, 3))

        # A connection of before keeps its keyset for one more answer.
        headers = self.embed(server, kept)
        self.assertEqual((headers["X-ACI-Keyset-Digest"], headers["Connection"]),
                         (old["workload_keyset_digest"], "close"))
        receipt = server.ask("/v1/aci/receipts/" + headers["X-Receipt-Id"])[2]
        self.assertEqual(self.verify(receipt, old), 0)
        self.assertEqual(server.stop(), 0)

    def test_a_certificate_that_was_given_stays(self):
        certificate = make_certificate(self.directory)
        server = Server(BUILD_DIR, KJV, "--insecure-test-attester", self.directory, tls=certificate)
        self.addCleanup(server.close)
        old = server.ask("/v1/aci/attestation")[2]
        server.process.send_signal(signal.SIGUSR1)
        self.assertTrue(until(lambda: server.ask("/v1/aci/attestation")[2] != old))
        new = server.ask("/v1/aci/attestation")[2]
        keysets = [report["attestation"]["workload_keyset"] for report in (old, new)]
        self.assertEqual(keysets[0]["tls_public_keys"], keysets[1]["tls_public_keys"])
        self.assertNotEqual(keysets[0]["receipt_signing_keys"], keysets[1]["receipt_signing_keys"])

    def test_without_a_keyset_the_signal_does_nothing(self):
        server = Server(BUILD_DIR, KJV)
        self.addCleanup(server.close)
        server.process.send_signal(signal.SIGUSR1)
        self.assertEqual(server.ask("/health")[0], 200)
        self.assertEqual(server.stop(), 0)


class OutsideTest(unittest.TestCase):

    def test_there_is_no_report(self):
        server = Server(BUILD_DIR, KJV)
        self.addCleanup(server.close)
        for path, method in (("/v1/aci/attestation?nonce=" + NONCE, "GET"), ("/v1/aci/channel", "POST")):
            status, headers, answer = server.ask(path, method=method)
            self.assertEqual(status, 404)
            self.assertIn("no TEE attests", answer["error"]["message"])
            self.assertIsNone(headers["X-ACI-Version"])
            self.assertIsNone(headers["X-ACI-Keyset-Digest"])
        self.assertIsNone(server.ask("/v1/protection")[2]["attestation"])

    def run_sotto(self, *arguments):
        return subprocess.run([BUILD_DIR / "bin/sotto", *arguments], capture_output=True, text=True, check=False,
                              timeout=60)

    def test_the_command_says_where_it_is(self):
        done = self.run_sotto("attest", "--nonce", NONCE)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("not in a TEE", done.stderr)

    def test_bad_flags_are_named(self):
        done = self.run_sotto("attest", "--nonce", NONCE.upper())
        self.assertEqual(done.returncode, 2)
        self.assertIn("--nonce: must be 64 lower-case", done.stderr)
        with tempfile.TemporaryDirectory() as empty:
            for command in (["attest"], ["serve", "--model", KJV, "--listen", "localhost:0"]):
                done = self.run_sotto(*command, "--insecure-test-attester", empty)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn("--insecure-test-attester: " + empty + " has no files of a TEE", done.stderr)


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    KJV = SOURCE_DIR / "models/kjv-2m"
    unittest.main(argv=sys.argv[:1])
