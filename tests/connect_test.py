"""`sotto serve` in an emulated enclave, and `sotto connect` before it, as processes.

Usage: connect_test.py SOURCE_DIR BUILD_DIR. Nothing here runs in SGX: quotes are made by tests/emulated_tee, and believed by
tests/connect_under_test_root, which is `sotto connect` but for the root and the time of quotes.
"""

import concurrent.futures
import contextlib
import json
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

import connect_process
from connect_process import AttestedServer, Connect, EmulatedEnclave

KEY = "a-key-for-this-test-alone"
CANARY = "Nebuchadnezzar whispered the canaryword"
ASKED = {"prompt": CANARY, "max_tokens": 1, "logprobs": 1, "echo": True}


class Relay:
    """The network: passes bytes on to a port of this machine, and sees them."""

    def __init__(self, port):
        self.target, self.seen, self.open = port, bytearray(), []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def lead_to(self, port):
        """Elsewhere from now on; what is open breaks."""
        self.target = port
        for end in self.open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.open.clear()

    def close(self):
        self.listener.close()
        self.lead_to(1)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self.target))
                except OSError:
                    near.close()
                    continue
                self.open += [near, far]
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, source, sink):
        with contextlib.suppress(OSError):
            while part := source.recv(65536):
                self.seen += part
                sink.sendall(part)
            sink.shutdown(socket.SHUT_WR)


class ConnectTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        for name in ("bin/sotto", "tests/emulated_tee", "tests/connect_under_test_root"):
            if not (BUILD_DIR / name).exists():
                raise unittest.SkipTest("the programs are not built")
        cls.enclave = EmulatedEnclave(BUILD_DIR)
        cls.addClassCleanup(cls.enclave.close)
        cls.keys = cls.enclave.write("keys", KEY + "\n")
        cls.server = AttestedServer(BUILD_DIR, KJV, cls.enclave, "--api-key-file", cls.keys, key=KEY)
        cls.addClassCleanup(cls.server.close)

    def through(self, *flags, server=None):
        process = Connect(BUILD_DIR, (server or self.server).port, self.enclave, *flags, key=KEY)
        self.addCleanup(process.close)
        return process

    def verify(self, *flags, policy=None, program=None):
        words = connect_process.command(BUILD_DIR, self.server.port, self.enclave, policy)
        if program:
            words[:2] = [program]
        return subprocess.run([*words, "--verify-only", *flags], capture_output=True, text=True, timeout=60, check=False,
                              env=connect_process.clean_environment())

    def test_answers_are_the_service_s(self):
        connect = self.through()
        direct, passed = self.server.ask("/v1/completions", ASKED), connect.ask("/v1/completions", ASKED)
        self.assertEqual((direct[0], passed[0]), (200, 200), passed[2])
        self.assertEqual(passed[2]["choices"], direct[2]["choices"])
        self.assertTrue(passed[1]["X-ACI-Keyset-Digest"].startswith("sha256:"))
        self.assertEqual(connect.ask("/v1/models")[2]["data"][0]["id"], "kjv-2m")
        self.assertEqual(connect.ask("/v1/completions", ASKED, headers={"Authorization": "Bearer wrong-key-of-nobody"})[0], 401)
        self.assertEqual(connect.ask("/nothing")[0], 404)
        self.assertEqual(connect.ask("/v1/completions", {"prompt": "a"})[0], 400)
        self.assertEqual(connect.stop(), 0)
        self.assertNotIn("canaryword", connect.log())
        self.assertNotIn(KEY, connect.log())

    def test_one_connection_serves_many_requests_and_many_serve_at_once(self):
        connect = self.through()

        def ask(_):
            with contextlib.closing(connect.connect()) as connection:
                return [connect.ask("/v1/completions", ASKED, connection=connection)[0] for _ in range(5)]

        with concurrent.futures.ThreadPoolExecutor(8) as clients:
            self.assertEqual(list(clients.map(ask, range(8))), [[200] * 5] * 8)

    def test_padded_requests_are_understood(self):
        connect = self.through("--pad-to", "65536")
        passed = connect.ask("/v1/completions", ASKED)
        self.assertEqual(passed[0], 200, passed[2])
        self.assertEqual(passed[2]["choices"], self.server.ask("/v1/completions", ASKED)[2]["choices"])
        self.assertEqual(connect.ask("/tokenize", {"prompt": "a"})[0], 200)

    def test_receipts_are_kept_and_can_be_checked_again(self):
        receipts = self.enclave.directory / "receipts"
        connect = self.through("--receipts", receipts)
        status, headers, _ = connect.ask("/v1/completions", ASKED)
        self.assertEqual(status, 200)
        kept = receipts / (headers["X-Receipt-Id"] + ".json")
        self.assertEqual(kept.stat().st_mode & 0o777, 0o600)
        report, = receipts.glob("keyset-*.json")
        run = subprocess.run([BUILD_DIR / "bin/sotto", "verify-receipt", "--receipt", kept, "--keyset", report],
                             capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertEqual(connect.ask("/tokenize", {"prompt": "a"})[0], 200)
        self.assertEqual(connect.ask("/v1/completions", {"prompt": "a"})[0], 400)

    def test_a_keyset_that_is_renewed_is_verified_again(self):
        server = AttestedServer(BUILD_DIR, KJV, self.enclave, "--api-key-file", self.keys, key=KEY)
        self.addCleanup(server.close)
        receipts = self.enclave.directory / "renewed"
        connect = self.through("--receipts", receipts, server=server)

        def ask():
            status, headers, answer = connect.ask("/v1/completions", ASKED)
            self.assertEqual(status, 200, answer)
            return headers["X-ACI-Keyset-Digest"]

        before = ask()
        server.process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + 60
        while server.ask("/health")[1]["X-ACI-Keyset-Digest"] == before:
            self.assertLess(time.monotonic(), deadline, server.log())
            time.sleep(0.05)
        # A connection that was open gives one more answer under the old keyset.
        self.assertEqual(len({ask() for _ in range(4)} - {before}), 1, connect.log())
        self.assertEqual(len(list(receipts.glob("rcpt-*.json"))), 5)
        self.assertEqual(len(list(receipts.glob("keyset-*.json"))), 2)

    def test_the_verdict_alone(self):
        accepted = self.verify()
        self.assertEqual(accepted.returncode, 0, accepted.stderr)
        self.assertRegex(accepted.stdout, r"^accepted: SGX quote of version 3, at 20\d\d-.*\n  keyset       sha256:")
        verdict = json.loads(self.verify("--json").stdout)
        self.assertEqual((verdict["accepted"], verdict["reasons"]), (True, []))
        self.assertEqual(verdict["claims"]["mrenclave"], "e1" * 32)
        other = self.enclave.write("other.toml", connect_process.POLICY.replace("e1", "e2"))
        refused = self.verify("--json", policy=other)
        self.assertEqual(refused.returncode, 3)
        self.assertEqual([reason["id"] for reason in json.loads(refused.stdout)["reasons"]], ["policy.mrenclave"])

    def test_the_program_itself_believes_intel_alone(self):
        refused = self.verify(program=BUILD_DIR / "bin/sotto")
        self.assertEqual(refused.returncode, 3, refused.stderr)
        self.assertIn("pck_chain.untrusted", refused.stdout)
        self.assertRegex(refused.stderr, r"sotto: error: the service is refused, for \d+ reasons\n")

    def test_a_signal_ends_it_while_it_waits_to_verify(self):
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        for flags in ([], ["--verify-only"]):
            for stop in (signal.SIGTERM, signal.SIGINT):
                process = subprocess.Popen(
                    [*connect_process.command(BUILD_DIR, silent.getsockname()[1], self.enclave), *flags],
                    env=connect_process.clean_environment())
                self.addCleanup(process.kill)
                near, _ = silent.accept()
                self.addCleanup(near.close)
                process.send_signal(stop)
                self.assertEqual(process.wait(timeout=5), 128 + stop)

    def test_a_service_with_new_keys_is_verified_anew(self):
        relay = Relay(self.server.port)
        self.addCleanup(relay.close)
        connect = self.through(server=relay)
        with contextlib.closing(connect.connect()) as connection:
            first = connect.ask("/v1/completions", ASKED, connection=connection)
            self.assertEqual(first[0], 200)
            other = AttestedServer(BUILD_DIR, KJV, self.enclave, "--api-key-file", self.keys, key=KEY)
            self.addCleanup(other.close)
            relay.lead_to(other.port)
            second = connect.ask("/v1/completions", ASKED, connection=connection)
            self.assertEqual(second[0], 200)
            self.assertNotEqual(first[1]["X-ACI-Keyset-Digest"], second[1]["X-ACI-Keyset-Digest"])
            relay.lead_to(1)
            status, _, body = connect.ask("/v1/completions", ASKED, connection=connection)
            self.assertEqual((status, body["error"]["code"]), (503, "service_unavailable"))
        self.assertNotIn(b"canaryword", bytes(relay.seen))


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    KJV = SOURCE_DIR / "models/kjv-2m"
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
