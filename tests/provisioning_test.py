"""`sotto serve --await-provisioning` in an emulated enclave, and `sotto provision` that brings its keys, as processes.

Usage: provisioning_test.py SOURCE_DIR BUILD_DIR. Nothing here runs in SGX: as in connect_test.py, quotes are made by
tests/emulated_tee, and believed by tests/connect_under_test_root.
"""

import contextlib
import hashlib
import http.client
import json
import pathlib
import re
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

import connect_process
from connect_process import AttestedServer, EmulatedEnclave
from service_process import make_certificate, until

API_KEYS = ["an-api-key-of-the-owner", "another-key-of-the-owner"]
NAME = "scores.example"
ASKED = {"prompt": "In the beginning", "max_tokens": 1, "logprobs": 1, "echo": True}
PURPOSE = "sotto.provision.v1"


class Case(unittest.TestCase):
    """With an enclave, and the shipped model sealed under a key of the owner's."""

    @classmethod
    def setUpClass(cls):
        for name in ("bin/sotto", "tests/emulated_tee", "tests/connect_under_test_root"):
            if not (BUILD_DIR / name).exists():
                raise unittest.SkipTest("the programs are not built")
        cls.enclave = EmulatedEnclave(BUILD_DIR)
        cls.addClassCleanup(cls.enclave.close)
        cls.key = secrets.token_bytes(32)
        cls.key_file = cls.enclave.directory / "model.key"
        cls.key_file.write_bytes(cls.key)
        cls.api_keys = cls.enclave.write("api_keys", "".join(key + "\n" for key in API_KEYS))
        cls.model = cls.enclave.directory / "model.sotto"
        cls.root = subprocess.run(
            [BUILD_DIR / "bin/sotto", "model", "seal", KJV, "--out", cls.model, "--key-file", cls.key_file],
            capture_output=True, text=True, timeout=120, check=True).stdout.strip()

    def wait(self, *flags, model=None):
        """A service that waits for its keys."""
        root = [] if model else ["--weights-root", self.root]
        server = AttestedServer(BUILD_DIR, model or self.model, self.enclave, "--await-provisioning", *root, *flags)
        self.addCleanup(server.close)
        return server

    def provision(self, port, *flags, policy=None):
        return subprocess.run(
            [BUILD_DIR / "tests/connect_under_test_root", self.enclave.root, "provision", f"https://localhost:{port}",
             "--policy", policy or self.enclave.policy, "--collateral", self.enclave.collateral, *flags],
            capture_output=True, text=True, timeout=120, check=False, env=connect_process.clean_environment())

    def provision_all(self, port):
        return self.provision(port, "--model-key-file", self.key_file, "--api-key-file", self.api_keys,
                              "--tls-name", NAME)

    def check_waits(self, server):
        status, headers, health = server.ask("/health")
        self.assertEqual((status, health["status"]), (503, "waiting for its keys"), server.log())
        self.assertIn("Retry-After", headers)
        self.assertEqual(server.ask("/health", method="HEAD")[0], 503)
        status, headers, _ = server.ask("/health", method="PUT")
        self.assertEqual((status, headers["Allow"]), (405, "GET, HEAD"))

    def check_serves(self, server, key=API_KEYS[0]):
        self.assertTrue(until(lambda: server.ask("/health")[0] == 200), server.log())
        status, _, answer = server.ask("/v1/completions", ASKED, headers={"Authorization": f"Bearer {key}"})
        self.assertEqual(status, 200, answer)
        return answer

    def check_no_secret_in(self, *texts):
        for text in texts:
            for secret in (self.key.hex(), *API_KEYS):
                self.assertNotIn(secret, text)

    def offer(self, server, body, status, param=None):
        """A document of somebody's own making."""
        found, headers, answer = server.ask("/v1/aci/provision", body, method="POST")
        self.assertEqual((found, answer["error"]["param"]), (status, param), answer)
        self.check_no_secret_in(json.dumps(answer))
        return headers, answer["error"]["message"]


def reported_digest(server):
    return server.ask("/v1/aci/attestation")[2]["workload_keyset_digest"]


class ServiceTest(Case):

    def test_keys_and_names_arrive_and_the_service_works_with_these(self):
        server = self.wait()
        before = reported_digest(server)
        run = self.provision_all(server.port)
        self.assertEqual(run.returncode, 0, run.stderr + server.log())
        self.assertRegex(run.stdout, r"^accepted: SGX quote of version 3, at ")
        told = re.search(r"^provisioned: keyset (sha256:[0-9a-f]{64}), TLS key ([0-9a-f]{64})$", run.stdout,
                         re.MULTILINE)
        self.assertTrue(told, run.stdout)
        # What its owner was told is what clients see, and with another certificate it is another.
        self.check_serves(server)
        self.check_serves(server, API_KEYS[1])
        self.assertEqual(reported_digest(server), told[1])
        self.assertNotEqual(before, told[1])
        certificate = ssl.get_server_certificate(("localhost", server.port))
        shown = subprocess.run(["openssl", "x509", "-noout", "-ext", "subjectAltName"], input=certificate, text=True,
                               capture_output=True, timeout=60, check=True).stdout
        self.assertIn("DNS:" + NAME, shown)
        public = subprocess.run("openssl x509 -noout -pubkey | openssl pkey -pubin -outform DER", shell=True,
                                input=certificate.encode(), capture_output=True, timeout=60, check=True).stdout
        self.assertEqual(hashlib.sha256(public).hexdigest(), told[2])
        # Nobody else's keys.
        for key in ("another-key-of-nobody", ""):
            self.assertEqual(server.ask("/v1/models", headers={"Authorization": f"Bearer {key}"})[0], 401)
        self.assertEqual(server.ask("/v1/models", headers={"Authorization": f"Bearer {API_KEYS[0]}"})[2]["data"][0]["id"],
                         "model.sotto")
        self.assertEqual(server.stop(), 0)
        self.check_no_secret_in(server.log(), run.stdout, run.stderr)

    def test_json_says_what_was_handed_over(self):
        server = self.wait()
        flags = ("--model-key-file", self.key_file, "--api-key-file", self.api_keys, "--tls-name", NAME, "--json")
        other = self.enclave.write("other.toml", connect_process.POLICY.replace("e1", "e2"))
        refused = self.provision(server.port, *flags, policy=other)
        self.assertEqual(refused.returncode, 3, refused.stderr)
        verdict = json.loads(refused.stdout)
        self.assertEqual((verdict["accepted"], verdict["provisioned"]), (False, None))
        self.assertEqual([reason["id"] for reason in verdict["reasons"]], ["policy.mrenclave"])
        run = self.provision(server.port, *flags)
        self.assertEqual(run.returncode, 0, run.stderr)
        verdict = json.loads(run.stdout)
        self.assertEqual((verdict["accepted"], verdict["reasons"], verdict["claims"]["mrenclave"]), (True, [], "e1" * 32))
        told = verdict["provisioned"]
        self.assertEqual((told["model_key"], told["api_keys"], told["tls_names"]), (True, 2, [NAME]))
        self.check_serves(server)
        self.assertEqual(told["workload_keyset_digest"], reported_digest(server))
        self.assertRegex(told["tls_spki_sha256"], "^[0-9a-f]{64}$")
        self.check_no_secret_in(run.stdout)

    def test_a_renewed_keyset_keeps_the_names(self):
        server = self.wait()
        self.assertEqual(self.provision_all(server.port).returncode, 0)
        self.check_serves(server)
        before = reported_digest(server)
        server.process.send_signal(signal.SIGUSR1)
        self.assertTrue(until(lambda: reported_digest(server) != before))
        certificate = ssl.get_server_certificate(("localhost", server.port))
        shown = subprocess.run(["openssl", "x509", "-noout", "-ext", "subjectAltName"], input=certificate, text=True,
                               capture_output=True, timeout=60, check=True).stdout
        self.assertIn("DNS:" + NAME, shown)

    def test_before_it_only_proves_who_it_is(self):
        server = self.wait()
        self.check_waits(server)
        for path, body in (("/v1/completions", ASKED), ("/v1/embeddings", {"input": "a"}), ("/tokenize", {"prompt": "a"}),
                           ("/v1/models", None), ("/metrics", None), ("/", None), ("/openapi.json", None)):
            status, headers, answer = server.ask(path, body, headers={"Authorization": f"Bearer {API_KEYS[0]}"})
            self.assertEqual((status, answer["error"]["type"]), (503, "server_error"), path)
            self.assertIn("Retry-After", headers)
        status, headers, report = server.ask("/v1/aci/attestation?nonce=" + "0" * 64)
        self.assertEqual((status, headers["X-ACI-Keyset-Digest"]), (200, report["workload_keyset_digest"]))
        status, _, proof = server.ask("/v1/aci/channel", method="POST")
        self.assertEqual((status, proof["workload_keyset_digest"]), (200, report["workload_keyset_digest"]))
        self.assertEqual(server.ask("/v1/aci/channel", b"{}", method="POST")[0], 413)
        self.assertEqual(server.ask("/v1/aci/provision")[0], 405)

    def test_a_prompt_before_its_time_is_not_even_read(self):
        server = self.wait()
        with contextlib.closing(server.connect()) as connection:
            connection.putrequest("POST", "/v1/completions")
            connection.putheader("Content-Length", "10000")
            connection.endheaders()  # And no byte of it.
            self.assertEqual(connection.getresponse().status, 503)

    def test_only_once(self):
        server = self.wait()
        self.assertEqual(self.provision_all(server.port).returncode, 0, server.log())
        self.check_serves(server)
        again = self.provision_all(server.port)
        self.assertEqual(again.returncode, 1)
        self.assertIn("the service has its keys, and takes them only once", again.stderr)
        self.assertNotIn("provisioned:", again.stdout)
        self.offer(server, {"purpose": PURPOSE, "api_keys": ["a-key-of-an-intruder"]}, 409)
        self.assertEqual(server.ask("/v1/models", headers={"Authorization": "Bearer a-key-of-an-intruder"})[0], 401)
        self.check_serves(server)

    def test_a_model_without_a_key_and_an_identity_that_stays(self):
        server = self.wait(model=KJV)
        before = reported_digest(server)
        run = self.provision(server.port, "--api-key-file", self.api_keys)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.check_serves(server)
        self.assertEqual(reported_digest(server), before)
        self.assertIn(f"provisioned: keyset {before},", run.stdout)

    def test_without_api_keys_both_sides_are_warned(self):
        server = self.wait()
        run = self.provision(server.port, "--model-key-file", self.key_file)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.check_serves(server, "whatever-key-there-is")
        self.assertIn("everybody may call", run.stderr)
        self.assertIn("everybody may call", server.log())

    def test_a_wrong_key_leaves_it_waiting(self):
        server = self.wait()
        wrong = self.enclave.write("wrong.key", "ab" * 32)
        run = self.provision(server.port, "--model-key-file", wrong, "--api-key-file", self.api_keys)
        self.assertEqual(run.returncode, 1, run.stdout)
        self.assertRegex(run.stderr, r"error: the service: the model does not open: .*model\.sotto.* key\)")
        self.assertNotIn("ab" * 32, run.stderr + server.log())
        self.check_waits(server)
        run = self.provision(server.port, "--api-key-file", self.api_keys)
        self.assertEqual(run.returncode, 1, run.stdout)
        self.assertRegex(run.stderr, r"error: the service: model_key: required, because \S*model\.sotto is encrypted")
        self.check_waits(server)
        self.assertEqual(self.provision_all(server.port).returncode, 0, server.log())
        self.check_serves(server)

    def test_a_key_for_a_model_that_has_none_is_refused(self):
        server = self.wait(model=KJV)
        run = self.provision_all(server.port)
        self.assertEqual(run.returncode, 1)
        self.assertIn("model_key: ", run.stderr)
        self.check_waits(server)

    def test_secrets_are_wiped(self):
        server = self.wait()
        try:
            server.memory()
        except PermissionError:
            self.skipTest("only root may read the memory of a process that allows no dumps")
        kept = server.connect()
        self.addCleanup(kept.close)
        document = json.dumps({"purpose": PURPOSE, "model_key": self.key.hex(), "api_keys": API_KEYS})

        def copies():
            memory = server.memory()
            return sum(memory.count(secret) for secret in
                       (self.key, self.key.hex().encode(), *(key.encode() for key in API_KEYS)))

        # A search that finds what it should: a document that has not come whole.
        with contextlib.closing(server.connect()) as partial:
            partial.putrequest("POST", "/v1/aci/provision")
            partial.putheader("Content-Length", str(len(document)))
            partial.endheaders()
            partial.send(document[:-1].encode())
            self.assertTrue(until(lambda: copies() > 0))
        self.assertEqual(server.ask("/v1/aci/provision", document, connection=kept, method="POST")[0], 200)
        self.assertTrue(until(lambda: server.ask("/health")[0] == 200), server.log())
        self.assertTrue(until(lambda: copies() == 0), copies())

    def test_a_keyset_is_renewed_while_it_waits(self):
        server = self.wait()
        before = reported_digest(server)
        server.process.send_signal(signal.SIGUSR1)
        self.assertTrue(until(lambda: reported_digest(server) != before), server.log())
        renewed = reported_digest(server)
        run = self.provision(server.port, "--model-key-file", self.key_file, "--api-key-file", self.api_keys)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.check_serves(server)
        self.assertEqual(reported_digest(server), renewed)

    def test_connections_of_the_hand_over_are_not_lost(self):
        """Whoever connects at any moment gets an answer: the port is listened on throughout."""
        server, answers, stop = self.wait(), [], threading.Event()

        def ask():
            while not stop.is_set():
                answers.append(server.ask("/health")[0])

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            self.assertEqual(self.provision_all(server.port).returncode, 0, server.log())
            self.check_serves(server)
        finally:
            stop.set()
            asking.join(timeout=60)
        self.assertEqual(set(answers) - {503}, {200})
        self.assertEqual(answers, sorted(answers, reverse=True))

    def test_sigterm_while_it_waits(self):
        for with_signal in (signal.SIGTERM, signal.SIGINT):
            server = self.wait()
            with socket.create_connection(("localhost", server.port)), contextlib.closing(server.connect()) as slow:
                slow.putrequest("POST", "/v1/aci/provision")
                slow.putheader("Content-Length", "1000")
                slow.endheaders()
                self.check_waits(server)
                self.assertEqual(server.stop(with_signal), 0, server.log())


class HostileTest(Case):

    def test_documents_of_other_forms_are_refused_by_their_member(self):
        server = self.wait()
        good = {"purpose": PURPOSE, "model_key": self.key.hex(), "api_keys": API_KEYS}
        for change, param in (
                ({"purpose": None}, "purpose"), ({"purpose": "sotto.provision.v2"}, "purpose"), ({"purpose": 1}, "purpose"),
                ({"model_key": self.key.hex()[1:]}, "model_key"), ({"model_key": "k" * 32}, "model_key"),
                ({"model_key": "x" * 64}, "model_key"), ({"model_key": 7}, "model_key"), ({"model_key": [1]}, "model_key"),
                ({"api_keys": []}, "api_keys"), ({"api_keys": "a-key-that-is-no-list"}, "api_keys"),
                ({"api_keys": [*API_KEYS, "short"]}, "api_keys"), ({"api_keys": [*API_KEYS, 1]}, "api_keys"),
                ({"api_keys": ["with a blank in the middle"]}, "api_keys"), ({"api_keys": {"a": 1}}, "api_keys"),
                ({"tls_names": ["no name"]}, "tls_names"), ({"tls_names": NAME}, "tls_names"),
                ({"tls_names": [f"n{i}.example" for i in range(65)]}, "tls_names"),
                ({"api_key": API_KEYS}, "api_key"), ({"Model_key": "0"}, None)):
            with self.subTest(change):
                self.offer(server, good | change, 400, param if param else "a member")
        for body in (b"", b"[]", b"{", b"\xff", b'{"purpose": "' + PURPOSE.encode() + b'"} x', b'"a"'):
            self.offer(server, body, 400)
        twice = json.dumps(good)[:-1] + f', "model_key": "{"00" * 32}"}}'
        self.offer(server, twice, 400, "model_key")
        deep = '{"purpose": ' + "[" * 10_000 + "]" * 10_000 + "}"
        _, message = self.offer(server, deep, 400)
        self.assertIn("level", message)
        self.check_waits(server)
        self.check_no_secret_in(server.log())
        self.assertEqual(self.provision_all(server.port).returncode, 0, server.log())

    def test_a_body_is_bounded(self):
        server = self.wait()
        long = json.dumps({"purpose": PURPOSE, "api_keys": ["k" * 65_536]})
        self.assertEqual(server.ask("/v1/aci/provision", long, method="POST")[0], 413)
        # Of a length that nobody has said, too.
        with contextlib.closing(server.connect()) as connection:
            connection.request("POST", "/v1/aci/provision", iter([long.encode()]), encode_chunked=True,
                               headers={"Transfer-Encoding": "chunked"})
            self.assertEqual(connection.getresponse().status, 413)
        self.check_waits(server)

    def test_slow_clients_keep_nobody_out(self):
        server = self.wait("--header-seconds", "1", "--body-seconds", "1", "--max-connections", "16")
        with contextlib.ExitStack() as stack:
            for _ in range(40):  # More than there is room for.
                stack.enter_context(contextlib.closing(socket.create_connection(("localhost", server.port))))
            slow = stack.enter_context(contextlib.closing(server.connect()))
            slow.putrequest("POST", "/v1/aci/provision")
            slow.putheader("Content-Length", "1000")
            slow.endheaders()
            slow.send(b'{"purpose": ')
            self.assertEqual(self.provision_all(server.port).returncode, 0, server.log())
            with self.assertRaises((http.client.HTTPException, OSError)):
                slow.getresponse()
        self.check_serves(server)

    def test_tries_are_rationed(self):
        server, statuses = self.wait(), set()
        for _ in range(40):
            status, headers, _ = server.ask("/v1/aci/provision", {"purpose": PURPOSE, "model_key": "ab" * 32})
            statuses.add(status)
            if status == 429:
                self.assertGreaterEqual(int(headers["Retry-After"]), 1)
                break
        self.assertLessEqual(statuses, {422, 429, 503})
        self.assertIn(429, statuses)
        self.check_waits(server)


class Middle:
    """Ends TLS with a key of its own, asks the genuine service what it is asked itself, and sees all."""

    def __init__(self, genuine, directory):
        self.genuine, self.seen = genuine, []
        cert, key = make_certificate(directory)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(cert, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self.listener.close()

    def _serve(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), self.tls.wrap_socket(plain, server_side=True) as near:
                self._pass_on(near)

    def _pass_on(self, near):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(socket.create_connection(("127.0.0.1", self.genuine.port))) as far:
            while request := near.recv(65536):
                self.seen.append(request)
                far.sendall(request)
                near.sendall(self._answer(far))

    @staticmethod
    def _answer(far):
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += far.recv(65536)
        head, _, body = answer.partition(b"\r\n\r\n")
        length = int(re.search(rb"Content-Length: (\d+)", head)[1])
        while len(body) < length:
            body += far.recv(65536)
        return head + b"\r\n\r\n" + body


class OwnerTest(Case):
    """What `sotto provision` refuses, and that nothing has left it by then."""

    def test_another_measurement_gets_nothing(self):
        server = self.wait()
        other = self.enclave.write("other.toml", connect_process.POLICY.replace("e1", "e2"))
        run = self.provision(server.port, "--model-key-file", self.key_file, policy=other)
        self.assertEqual(run.returncode, 3)
        self.assertIn("policy.mrenclave", run.stdout)
        self.assertIn("the service is refused, for 1 reason", run.stderr)
        self.check_waits(server)

    def test_the_program_itself_believes_intel_alone(self):
        server = self.wait()
        run = subprocess.run([BUILD_DIR / "bin/sotto", "provision", f"https://localhost:{server.port}", "--policy",
                              self.enclave.policy, "--collateral", self.enclave.collateral, "--model-key-file",
                              self.key_file], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(run.returncode, 3, run.stderr)
        self.assertIn("pck_chain.untrusted", run.stdout)
        self.check_waits(server)

    def test_a_genuine_report_that_is_relayed_gets_nothing(self):
        server = self.wait()
        with tempfile.TemporaryDirectory() as directory:
            middle = Middle(server, directory)
            self.addCleanup(middle.close)
            run = self.provision_all(middle.port)
        self.assertEqual(run.returncode, 3, run.stderr)
        self.assertIn("tls.key", run.stdout)
        seen = b"".join(middle.seen)
        self.assertIn(b"GET /v1/aci/attestation?nonce=", seen)
        self.assertNotIn(b"provision", seen)
        self.check_no_secret_in(seen.decode())
        self.check_waits(server)

    def test_a_service_that_waits_for_nothing(self):
        server = AttestedServer(BUILD_DIR, KJV, self.enclave)
        self.addCleanup(server.close)
        run = self.provision_all(server.port)
        self.assertEqual(run.returncode, 1)
        self.assertIn("it does not wait for keys", run.stderr)

    def test_nobody_there(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        run = self.provision_all(port)
        self.assertEqual(run.returncode, 1)
        self.assertIn("the service: connecting: ", run.stderr)

    def test_bad_flags_are_named(self):
        server = self.wait()
        for flags, message, code in (
                ((), "--model-key-file, --api-key-file and --tls-name: one of them is needed", 2),
                (("--tls-name", "no name"), "--tls-name: must be host names", 2),
                (("--model-key-file", self.api_keys), "api_keys: a key file must hold", 1),
                (("--api-key-file", self.enclave.write("bad_keys", "short-secret\n")), "bad_keys: line 1: a key has", 1),
                (("--api-key-file", "/nonexistent"), "/nonexistent: ", 1),
                (("--model-key-file", self.key_file, "--timeout", "0"), "--timeout", 2)):
            run = self.provision(server.port, *flags)
            self.assertEqual(run.returncode, code, run.stderr)
            self.assertIn(message, run.stderr)
            self.assertNotIn("short-secret", run.stderr)
        self.check_waits(server)


class OneOwnerTest(Case):
    """A service that was started with the public key of whoever may bring its keys."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.owner, cls.owner_public = cls.make_owner("owner")
        cls.stranger, cls.stranger_public = cls.make_owner("stranger")

    @classmethod
    def make_owner(cls, name):
        paths = [cls.enclave.directory / f"{name}.{kind}" for kind in ("key", "pem")]
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", paths[0]], check=True, capture_output=True,
                       timeout=60)
        subprocess.run(["openssl", "pkey", "-in", paths[0], "-pubout", "-out", paths[1]], check=True, capture_output=True,
                       timeout=60)
        return paths

    def bring(self, port, *flags):
        return self.provision(port, "--model-key-file", self.key_file, "--api-key-file", self.api_keys, *flags)

    def test_nobody_else_brings_keys(self):
        server = self.wait("--provisioner-key", self.owner_public)
        for flags in ((), ("--owner-key", self.stranger)):
            run = self.bring(server.port, *flags)
            self.assertEqual(run.returncode, 1, run.stdout)
            self.assertIn("the service: the document is not signed by the owner", run.stderr)
        self.check_waits(server)
        run = self.bring(server.port, "--owner-key", self.owner)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.check_serves(server)

    def test_strangers_use_up_no_tries(self):
        server = self.wait("--provisioner-key", self.owner_public)
        for value in (None, "", "Bearer " + "ab" * 64, "Sotto-Ed25519 ", "Sotto-Ed25519 " + "ab" * 64,
                      "Sotto-Ed25519 " + "zz" * 64, "Sotto-Ed25519 " + "ab" * 65) * 3:
            headers = {} if value is None else {"Authorization": value}
            status, _, answer = server.ask("/v1/aci/provision", {"purpose": PURPOSE}, headers=headers)
            self.assertEqual((status, answer["error"]["type"]), (403, "invalid_request_error"))
        self.check_waits(server)
        self.assertEqual(self.bring(server.port, "--owner-key", self.owner).returncode, 0, server.log())

    def test_a_signature_is_of_one_connection(self):
        """Of a document that was sent to one service, another one takes nothing."""
        first, second = (self.wait("--provisioner-key", self.owner_public) for _ in range(2))
        document = json.dumps({"purpose": PURPOSE, "model_key": self.key.hex(), "api_keys": API_KEYS})

        def signed(exporter):
            statement = {"body_sha256": hashlib.sha256(document.encode()).hexdigest(), "exporter": exporter,
                         "purpose": PURPOSE}
            paths = [self.enclave.directory / name for name in ("statement", "signature")]
            paths[0].write_text(json.dumps(statement, separators=(",", ":"), sort_keys=True))
            subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.owner, "-in", paths[0], "-out", paths[1]],
                           check=True, timeout=60)
            return "Sotto-Ed25519 " + paths[1].read_bytes().hex()

        def offer(server, value):
            return server.ask("/v1/aci/provision", document, method="POST", headers={"Authorization": value})[0]

        # That of no connection that there is: the exporter of each is known to its two ends alone.
        value = signed("00" * 32)
        self.assertEqual([offer(server, value) for server in (first, second)], [403, 403])
        self.assertEqual(self.bring(first.port, "--owner-key", self.owner).returncode, 0, first.log())
        self.check_waits(second)

    def test_bad_keys_are_named(self):
        for flags, message in (
                (("--await-provisioning", "--provisioner-key", self.owner), "must be a public key of Ed25519, PEM"),
                (("--await-provisioning", "--provisioner-key", "/nonexistent"), "--provisioner-key: /nonexistent: "),
                (("--provisioner-key", self.owner_public), "--provisioner-key: has no effect without --await")):
            run = subprocess.run([BUILD_DIR / "bin/sotto", "serve", "--model", KJV, "--listen", "localhost:0",
                                  "--insecure-test-attester", self.enclave.directory, *flags], capture_output=True,
                                 text=True, timeout=60, check=False)
            self.assertEqual(run.returncode, 2, run.stderr)
            self.assertIn(message, run.stderr)
        server = self.wait("--provisioner-key", self.owner_public)
        run = self.bring(server.port, "--owner-key", self.owner_public)
        self.assertEqual(run.returncode, 1)
        self.assertIn("owner.pem: must be a private key of Ed25519, PEM, not encrypted", run.stderr)
        self.check_waits(server)


class FlagsTest(Case):

    def run_serve(self, *flags):
        return subprocess.run([BUILD_DIR / "bin/sotto", "serve", "--model", KJV, "--listen", "localhost:0", *flags],
                              capture_output=True, text=True, timeout=60, check=False)

    def test_what_is_to_come_is_not_given_too(self):
        certificate = make_certificate(self.enclave.directory)
        for flag, value in (("--api-key-file", self.api_keys), ("--tls-cert", certificate[0]),
                            ("--tls-key", certificate[1]), ("--key-file", self.key_file), ("--no-tls", None)):
            run = self.run_serve("--insecure-test-attester", self.enclave.directory, "--await-provisioning", flag,
                                 *([value] if value else []))
            self.assertEqual(run.returncode, 2, run.stderr)
            self.assertIn(flag + ": cannot be combined with --await-provisioning", run.stderr)

    def test_somebody_must_attest(self):
        run = self.run_serve("--await-provisioning")
        self.assertEqual(run.returncode, 2)
        self.assertIn("--await-provisioning: no TEE attests", run.stderr)


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    KJV = SOURCE_DIR / "models/kjv-2m"
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
