"""What a hostile or unlucky client does to the service, and what the service keeps to itself.

Usage: service_hostile_test.py SOURCE_DIR BUILD_DIR.
"""

import concurrent.futures
import contextlib
import json
import pathlib
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

from service_process import Server, make_certificate, until

GOOD = {"prompt": "In the beginning", "max_tokens": 1, "logprobs": 1, "echo": True}
CANARY = "Nebuchadnezzar whispered the canaryword unto Zerubbabel at midnight"
CANARY_WORDS = ["Nebuchadnezzar", "whispered", "canaryword", "Zerubbabel", "midnight"]


def request_bytes(body, headers="", path="/v1/completions"):
    text = json.dumps(body).encode() if not isinstance(body, bytes) else body
    return (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(text)}\r\n{headers}\r\n").encode() + text


class HostileTest(unittest.TestCase):

    def setUp(self):
        if not (BUILD_DIR / "bin/sotto").exists():
            self.skipTest("the programs are not built")

    def serve(self, *flags, **more):
        server = Server(BUILD_DIR, KJV, *flags, **more)
        self.addCleanup(server.close)
        return server

    def raw(self, server, data, half_close=False):
        """All that the server answers to some bytes until it closes the connection."""
        with socket.create_connection(("localhost", server.port), timeout=60) as connection:
            answer = b""
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(data)
                if half_close:
                    connection.shutdown(socket.SHUT_WR)
                while part := connection.recv(65536):
                    answer += part
            return answer

    def check_well(self, server):
        self.assertEqual(server.ask("/v1/completions", GOOD)[0], 200)
        self.assertTrue(server.alive())

    def test_bytes_that_are_no_request(self):
        server = self.serve("--max-body-bytes", "100000")
        close = "Connection: close\r\n"
        lying = request_bytes(b'{"prompt": "a"', close)
        for data, status in [
                (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), 400),
                (b"HELLO\r\n\r\n", 400),
                (b"GET / HTTP/9.9\r\n\r\n", 400),
                (b"\x00" * 10000 + b"\r\n\r\n", 400),
                (b"GET /health HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 100000 + b"\r\n\r\n", 431),
                (b"POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n", 413),
                (b"POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n", 400),
                (b"POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nabcdefg", 400),
                (b"POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                 400),
                (b"POST /v1/completions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
                (b"GET /nothing HTTP/1.1\r\nHost: a\r\n" + close.encode() + b"\r\n", 404),
                (b"HEAD /health HTTP/1.1\r\nHost: a\r\n" + close.encode() + b"\r\n", 200),
                (request_bytes(b"[" * 50000, close), 400),
                (request_bytes({"a": {"b": [[[1]]]}}, close), 400),
                (request_bytes({**GOOD, "prompt": [1, 2**40]}, close), 400),
                (request_bytes(b'{"prompt": "\xc3\x28", "max_tokens": 0}', close), 400),
                (lying, 400)]:
            with self.subTest(data=data[:60]):
                answer = self.raw(server, data)
                # HEAD: a body would be read as the next answer.
                self.assertTrue(answer == b"" or answer.startswith(f"HTTP/1.1 {status} ".encode()), answer[:200])
                if status in (400, 404) and answer:
                    self.assertIn(b'{"error":', answer)
        # More announced than sent, and the other way round.
        self.assertEqual(self.raw(server, request_bytes(GOOD)[:-5], half_close=True), b"")
        longer = self.raw(server, request_bytes(GOOD) + b"garbage\r\n\r\n")
        self.assertEqual(re.findall(rb"HTTP/1.1 (\d+)", longer), [b"200", b"400"])
        self.check_well(server)

    def test_nothing_is_smuggled_behind_a_header_that_reads_in_two_ways(self):
        server = self.serve()
        inner = b"GET /v1/models HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        for lines in ["Host: a\r\nTransfer-Encoding: xchunked", "Host: a\r\nTransfer-Encoding: gzip, chunked",
                      "Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5",
                      "Host: a\r\nContent-Length: 0, 0", "X: a", "Host: a\r\nHost: b",
                      "Host: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b", "Host: a b", "Host: a/b",
                      "Host: b@a", "Host: a:b", "Host: a:1:2", "Host: [::1", "Host: [::1]1", "Host: http://a",
                      "Host: a\r\n b", "Host: a\r\nX: a\r\n\tContent-Length: 5"]:
            answer = self.raw(server, f"POST /v1/completions HTTP/1.1\r\n{lines}\r\n\r\n".encode() + inner)
            self.assertEqual(re.findall(rb"HTTP/1.1 (\d+)", answer), [b"400"], lines)
        self.check_well(server)

    def test_hosts_that_are_none_are_refused_and_others_not(self):
        server = self.serve()
        for host, status in [("", 200), ("a", 200), ("a.b-c:80", 200), ("a:", 200), ("[::1]:8443", 200), ("127.0.0.1", 200),
                             ("a%20b", 200), ("a,b", 200), ("a?b", 400), ("[::1]:x", 400), ('"a"', 400)]:
            for version in ("1.1", "1.0"):
                answer = self.raw(server, f"GET /health HTTP/{version}\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                self.assertRegex(answer, rb"^HTTP/%s %d " % (version.encode(), status), host)
        for version, status in [("1.1", 400), ("1.0", 200)]:
            answer = self.raw(server, f"GET /health HTTP/{version}\r\nConnection: close\r\n\r\n".encode())
            self.assertRegex(answer, rb"^HTTP/\d.\d %d " % status)
        self.check_well(server)

    def test_options_of_the_server_and_of_a_path(self):
        server = self.serve()
        for target, allowed in [("*", "GET, HEAD, POST"), ("/health", "GET, HEAD"), ("/v1/completions", "POST")]:
            answer = self.raw(server, f"OPTIONS {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            self.assertRegex(answer, rb"^HTTP/1.1 405 ")
            self.assertIn(f"\r\nAllow: {allowed}\r\n".encode(), answer)
        self.check_well(server)

    def test_head_is_get_without_the_body(self):
        server = self.serve()
        for path, allowed in [("/health", True), ("/", True), ("/v1/models", True), ("/v1/completions", False)]:
            head = self.raw(server, f"HEAD {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            if not allowed:
                self.assertRegex(head, rb"^HTTP/1.1 405 ")
                continue
            got = self.raw(server, f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            self.assertEqual(re.sub(rb"Date: .*", b"", head), re.sub(rb"Date: .*", b"", got.split(b"\r\n\r\n")[0]) + b"\r\n\r\n")
        # What follows on the connection is not taken for the body.
        both = self.raw(server, b"HEAD /health HTTP/1.1\r\nHost: a\r\n\r\n"
                                b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        self.assertEqual((both.count(b"HTTP/1.1 200"), both.count(b'"status"')), (2, 1))

    def test_a_body_that_is_compressed_is_refused_as_such(self):
        server = self.serve()
        for coding, status in [("gzip", 415), ("br, gzip", 415), ("identity", 200)]:
            answer = self.raw(server, request_bytes(GOOD, f"Content-Encoding: {coding}\r\nConnection: close\r\n"))
            self.assertRegex(answer, f"^HTTP/1.1 {status} ".encode())
        self.check_well(server)

    def test_garbage_for_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            server = self.serve(tls=make_certificate(folder))
            plain = self.raw(server, b"POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{\"prompt\"")
            self.assertRegex(plain, rb"^HTTP/1.1 400 [^$]*\r\n\r\nplain HTTP at a port of HTTPS: use https://\r\n$")
            for data in [bytes(1000), b"\x16\x03\x01\xff\xff" + bytes(70000)]:
                answer = self.raw(server, data)
                self.assertFalse(answer.startswith(b"HTTP"), answer[:50])
            old = ssl.create_default_context(cafile=server.tls[0])
            old.maximum_version = ssl.TLSVersion.TLSv1_2
            with self.assertRaises(ssl.SSLError), socket.create_connection(("localhost", server.port)) as plain:
                old.wrap_socket(plain, server_hostname="localhost")
            self.check_well(server)

    def test_pipelined_requests_are_answered_in_order(self):
        server = self.serve()
        bodies = [{**GOOD, "prompt": "In the" + " beginning" * n} for n in range(5)]
        answers = self.raw(server, b"".join(request_bytes(body) for body in bodies[:4]) +
                           request_bytes(bodies[4], "Connection: close\r\n"))
        texts = re.findall(rb'"text":"([^"]*)"', answers)
        self.assertEqual(len(texts), 5)
        for text, body in zip(texts, bodies):
            self.assertTrue(text.startswith(body["prompt"].encode()))

    def test_a_body_that_is_asked_for(self):
        server = self.serve()
        head, _, body = request_bytes(GOOD, "Expect: 100-continue\r\nConnection: close\r\n").partition(b"\r\n\r\n")
        with socket.create_connection(("localhost", server.port), timeout=60) as connection:
            connection.sendall(head + b"\r\n\r\n")
            self.assertIn(b"100 Continue", connection.recv(100))
            connection.sendall(body)
            self.assertIn(b"200 OK", connection.recv(100000))

    def test_idle_and_slow_clients_leave_room_for_others(self):
        server = self.serve("--max-connections", "50")
        idle = []
        for n in range(200):
            connection = socket.create_connection(("localhost", server.port), timeout=60)
            if n % 2 == 0:
                connection.sendall(b"POST /v1/completions HTTP/1.1\r\nHost:" if n < 40 else b"")
            idle.append(connection)
            if n % 20 == 0:
                self.check_well(server)
        self.check_well(server)
        for connection in idle:
            connection.close()
        self.check_well(server)

    def test_who_has_no_key_takes_no_room_of_those_who_have(self):
        with tempfile.TemporaryDirectory() as folder:
            keys = pathlib.Path(folder, "keys")
            keys.write_text("sk-0123456789abcdef\n", encoding="utf-8")
            server = self.serve("--api-key-file", str(keys), "--max-connections", "40")
        headers = {"Authorization": "Bearer sk-0123456789abcdef"}
        kept = server.connect()
        self.addCleanup(kept.close)
        self.assertEqual(server.ask("/v1/completions", GOOD, kept, headers)[0], 200)
        announced = "HTTP/1.1\r\nHost: a\r\nContent-Length: 8388608\r\n\r\n"
        for bytes_ in [b"G", f"GET /health {announced}".encode(), f"POST /v1/completions {announced}".encode()]:
            strangers = []
            for _ in range(100):
                strangers.append(socket.create_connection(("localhost", server.port), timeout=60))
                self.addCleanup(strangers[-1].close)
                with contextlib.suppress(ConnectionError):
                    strangers[-1].sendall(bytes_)
            self.assertEqual(server.ask("/v1/completions", GOOD, headers=headers)[0], 200, bytes_)
            self.assertEqual(server.ask("/v1/completions", GOOD, kept, headers)[0], 200, bytes_)
        answer = self.raw(server, f"GET /health {announced}".encode())
        self.assertTrue(answer.startswith(b"HTTP/1.1 413 "), answer)

    def test_a_client_that_leaves_is_forgotten(self):
        server = self.serve()
        long = {**GOOD, "prompt": [[n % 1000 + 5] * 1000 for n in range(100)]}
        for _ in range(5):
            with socket.create_connection(("localhost", server.port), timeout=60) as connection:
                connection.sendall(request_bytes(long))
                queued = "sotto_service_queue_requests 0"
                self.assertTrue(until(lambda: queued not in server.ask("/metrics")[2]))
            self.assertTrue(until(lambda: queued in server.ask("/metrics")[2]))
        self.check_well(server)

    def test_work_that_nobody_waits_for_is_not_done(self):
        with tempfile.TemporaryDirectory() as folder:
            template = pathlib.Path(folder, "template")
            template.write_text("<|begin_of_text|>{query}: {document}. Is it so? ")
            server = self.serve("--rerank-template", template, "--rerank-labels", "Y,N")
        whole = request_bytes({"query": "a", "documents": [" a" * 1_000_000], "truncate_prompt_tokens": -1}, path="/v1/rerank")
        # Behind the others: it takes more than 64 KiB, too.
        many = json.dumps({**GOOD, "prompt": ["a " * 500] * 10}) + " " * (64 << 10)

        def cpu_of(work):
            before = server.cpu_seconds()
            work()
            return server.cpu_seconds() - before

        def leave(times):
            for _ in range(times):
                with socket.create_connection(("localhost", server.port), timeout=60) as connection:
                    connection.sendall(whole)
            self.assertEqual(server.ask("/v1/completions", many)[0], 200)

        one = cpu_of(lambda: self.assertEqual(
            server.ask("/v1/rerank", whole.split(b"\r\n\r\n", 1)[1])[0], 200))
        alone = cpu_of(lambda: leave(0))
        self.assertLess(cpu_of(lambda: leave(16)), alone + 8 * one)

    def test_every_answer_is_counted_once(self):
        server = self.serve("--request-seconds", "1")

        def counted():
            lines = re.findall(r'answers_total\{endpoint="([^"]*)",status="(\d+)"\} (\d+)', server.ask("/metrics")[2])
            return {(path, status): int(count) for path, status, count in lines if path != "/metrics"}

        slow = {"prompt": [[n] + [7] * 1000 for n in range(120)], "max_tokens": 0, "echo": True, "logprobs": 20}
        status = server.ask("/v1/completions", slow)[0]  # 504, unless the machine is very fast.
        self.assertIn(status, (200, 504))
        with socket.create_connection(("localhost", server.port), timeout=60) as connection:
            connection.sendall(request_bytes(slow))
        self.assertEqual(server.ask("/v1/completions", {"prompt": "a" * 70000, "max_tokens": 0})[0], 400)
        self.assertEqual(counted(), {("/v1/completions", str(status)): 1, ("/v1/completions", "400"): 1})

    def test_answers_have_their_share_of_memory(self):
        long = {**GOOD, "prompt": [[n + 5] * 1024 for n in range(128)], "logprobs": 20}
        # About 300 MB: all that is for answers but for a kilobyte, and the eighth that is kept for small ones.
        estimate = 128 * (256 + 1024 * (22 * 100 + 16)) + len(json.dumps(long))
        server = self.serve("--request-seconds", "600", "--answer-memory-bytes", str((estimate + 1000) * 8 // 7))
        medium = {**long, "prompt": long["prompt"][:1]}
        with socket.create_connection(("localhost", server.port), timeout=60) as connection:
            connection.sendall(request_bytes(long))
            self.assertTrue(until(lambda: "sotto_service_queue_requests 0" not in server.ask("/metrics")[2]))
            status, headers, answer = server.ask("/v1/completions", medium)
            self.assertEqual(status, 429, answer)
            self.assertIn("memory", answer["error"]["message"])
            self.assertIn("Retry-After", headers)
            self.check_well(server)
        self.assertTrue(until(lambda: "sotto_service_queue_requests 0" in server.ask("/metrics")[2]))
        with socket.create_connection(("localhost", server.port), timeout=60) as connection:
            connection.sendall(request_bytes(long))
            self.assertTrue(until(lambda: "sotto_service_queue_requests 0" not in server.ask("/metrics")[2]))
        # More in one answer than all have.
        status, _, answer = server.ask("/tokenize", {"prompt": "a," * 2000000, "return_token_strs": True})
        self.assertEqual(status, 413, str(answer)[:200])
        self.assertIn("MiB", answer["error"]["message"])
        self.check_well(server)

    def test_a_full_queue_says_when_to_come_back(self):
        server = self.serve("--max-queue", "1")
        long = {**GOOD, "prompt": [[n % 1000 + 5] * 1000 for n in range(30)]}
        with concurrent.futures.ThreadPoolExecutor(4) as clients:
            answers = list(clients.map(lambda _: server.ask("/v1/completions", long), range(4)))
        statuses = sorted(status for status, _, _ in answers)
        self.assertEqual(statuses[0], 200)
        self.assertEqual(statuses[-1], 429)
        for status, headers, answer in answers:
            if status == 429:
                self.assertGreaterEqual(int(headers["Retry-After"]), 1)
                self.assertEqual(answer["error"]["code"], "rate_limit_exceeded")

    def test_sigterm_finishes_what_was_accepted(self):
        server = self.serve()
        long = {**GOOD, "prompt": [[n % 1000 + 5] * 1000 for n in range(25)]}
        kept = server.connect()
        server.ask("/health", connection=kept)
        result = []
        client = threading.Thread(target=lambda: result.append(server.ask("/v1/completions", long)))
        client.start()
        self.assertTrue(until(lambda: "sotto_service_queue_requests 0" not in server.ask("/metrics")[2]))
        server.process.send_signal(signal.SIGTERM)
        self.assertTrue(until(lambda: "finishing" in server.log()))
        with contextlib.suppress(ConnectionError):  # It may be done already.
            self.assertEqual(server.ask("/v1/completions", GOOD)[0], 503)
        client.join(timeout=60)
        self.assertEqual(result[0][0], 200)
        self.assertEqual(len(result[0][2]["choices"]), 25)
        self.assertEqual(server.stop(), 0)

    def test_a_terminal_that_closes_ends_it_alike(self):
        server = self.serve()
        server.process.send_signal(signal.SIGHUP)
        self.assertEqual(server.process.wait(timeout=60), 0)
        self.assertIn("finishing what was accepted", server.log())
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # As nohup does.
        try:
            kept = self.serve()
        finally:
            signal.signal(signal.SIGHUP, before)
        kept.process.send_signal(signal.SIGHUP)
        self.check_well(kept)
        self.assertEqual(kept.stop(), 0)

    def test_who_is_at_the_door_when_it_ends_is_told_so(self):
        """Connections and requests that came while the process did not look."""
        server = self.serve()
        server.process.send_signal(signal.SIGSTOP)
        clients = [socket.create_connection(("localhost", server.port), timeout=60) for _ in range(100)]
        for client in clients:
            self.addCleanup(client.close)
            client.sendall(request_bytes(GOOD))
        server.process.send_signal(signal.SIGTERM)
        server.process.send_signal(signal.SIGCONT)
        for client in clients:
            answer = b""
            while part := client.recv(65536):
                answer += part
            self.assertRegex(answer, rb"^HTTP/1.1 (200|503) ")
        self.assertEqual(server.stop(), 0)

    def test_what_is_not_finished_when_a_drain_ends_gets_503(self):
        server = self.serve("--drain-seconds", "0")
        long = {**GOOD, "prompt": [[n % 1000 + 5] * 1000 for n in range(100)]}
        with socket.create_connection(("localhost", server.port), timeout=60) as client:
            client.sendall(request_bytes(long))
            self.assertTrue(until(lambda: "sotto_service_queue_requests 0" not in server.ask("/metrics")[2]))
            server.process.send_signal(signal.SIGTERM)
            self.assertRegex(client.recv(65536), rb"^HTTP/1.1 503 ")
        self.assertEqual(server.stop(), 0)

    def test_memory_does_not_grow(self):
        server = self.serve()
        connection = server.connect()

        def burst(count):
            for n in range(count):
                # Short, and so quickly computed; its answer is long all the same.
                self.assertEqual(server.ask("/v1/completions", {**GOOD, "prompt": [5 + n % 90] * 8, "logprobs": 20},
                                            connection=connection)[0], 200)
            return server.resident_kib()

        before = burst(400)
        self.assertLess(burst(1600) - before, 4000)  # Kept, 1600 answers would take over 10 MB.

    def test_a_body_of_very_many_small_values_takes_little_memory(self):
        server = self.serve()
        self.check_well(server)
        before = server.peak_kib()
        for path, beginning, element, param in [
                ("/v1/completions", '{"max_tokens":0,"prompt":[', '"a"', "strings"),
                ("/v1/completions", '{"max_tokens":0,"prompt":[', "[1]", "strings"),
                ("/v1/completions", '{"max_tokens":0,"prompt":[', "[[[[[[[[[[]]]]]]]]]]", "strings"),
                ("/v1/completions", '{"max_tokens":0,"prompt":"a","stop":[', '{"":0}', "strings"),
                ("/v1/completions", '{"max_tokens":0,"truncate_prompt_tokens":1,"prompt":[', "1", "numbers"),
                ("/v1/embeddings", '{"input":[', '"a"', "strings"),
                ("/v1/classify", '{"input":[', "[1]", "strings"),
                ("/v1/rerank", '{"query":"a","documents":[', '{"text":"a"}', "strings"),
                ("/v1/score", '{"text_1":"a","text_2":[', '"a"', "strings"),
                ("/detokenize", '{"tokens":[', "1", "numbers")]:
            with self.subTest(path=path, beginning=beginning, element=element):
                count = ((8 << 20) - len(beginning) - 2) // (len(element) + 1)
                status, _, answer = server.ask(path, beginning + ",".join([element] * count) + "]}")
                self.assertEqual(status, 400, answer)
                self.assertRegex(answer["error"]["message"], f"the body has more than [0-9]+ {param}")
                self.assertLess(server.peak_kib() - before, 32 << 10)  # Parsed, they take hundreds of MiB.
        # What is just within the bounds of a request's values.
        for element, count in [('[""]', 33000), ("1", 1 << 20)]:
            body = '{"max_tokens":0,"prompt":[' + ",".join([element] * count) + "]}"
            self.assertEqual(server.ask("/v1/completions", body)[0], 400)
            self.assertLess(server.peak_kib() - before, 100 << 10)
        self.check_well(server)

    def test_no_text_in_logs_metrics_and_errors(self):
        with tempfile.TemporaryDirectory() as folder:
            server = self.serve(tls=make_certificate(folder))
            ids = server.ask("/tokenize", {"prompt": CANARY})[2]["tokens"]
            said = []
            for path, body in [
                    ("/v1/completions", {**GOOD, "prompt": CANARY}),
                    ("/v1/completions", {**GOOD, "prompt": ids}),
                    ("/v1/completions", {"prompt": CANARY}),
                    ("/v1/completions", {**GOOD, "prompt": [*ids, 999999]}),
                    ("/v1/completions", {**GOOD, "prompt": CANARY * 1000}),
                    ("/v1/completions", {**GOOD, CANARY: 1}),
                    ("/v1/completions", {**GOOD, "stop": CANARY}),
                    ("/v1/completions", {**GOOD, "model": CANARY}),
                    ("/v1/completions", {**GOOD, "logprobs": CANARY}),
                    ("/v1/completions", '{"prompt": "' + CANARY),
                    ("/v1/completions", '{"prompt": "' + CANARY + '", "prompt": 1}'),
                    ("/v1/completions", b'{"prompt": "' + CANARY.encode() + b'\xff"}'),
                    ("/v1/embeddings", {"input": CANARY, "encoding_format": CANARY}),
                    ("/v1/rerank", {"query": CANARY, "documents": [CANARY, 5]}),
                    ("/v1/score", {"text_1": CANARY, "text_2": [CANARY, 5]}),
                    ("/detokenize", {"tokens": [*ids, CANARY]}),
                    ("/" + CANARY.replace(" ", "-"), None)]:
                status, _, answer = server.ask(path, body, headers={"Authorization": "Bearer " + CANARY[:13] * 2})
                if status != 200:
                    said.append(json.dumps(answer))
            self.assertGreater(len(said), 12)
            said.append(server.ask("/metrics")[2])
            self.assertEqual(server.stop(), 0)
            said.append(server.log())
            self.assertGreater(len(said[-1]), 20)  # There is a log to search.
            four = re.compile(r"[ ,;\[\]\n]+".join(str(id) for id in ids[3:7]))
            for text in said:
                for word in CANARY_WORDS:
                    self.assertNotIn(word, text)
                self.assertIsNone(four.search(text))

    def test_a_body_is_wiped_though_its_connection_stays(self):
        server = self.serve()
        kept = server.connect()
        self.addCleanup(kept.close)
        try:
            server.memory()
        except PermissionError:
            self.skipTest("only root may read the memory of a process that allows no dumps")
        text = CANARY * 20
        self.assertEqual(server.ask("/v1/completions", {**GOOD, "prompt": text}, connection=kept)[0], 200)
        self.assertEqual(server.ask("/v1/completions", {**GOOD, "prompt": text, "n": 2}, connection=kept)[0], 400)
        beginning = f'{{"prompt": "{CANARY}'.encode()

        def copies():
            return server.memory().count(beginning)

        # A search that finds what it should: a body that has not come whole.
        with socket.create_connection(("localhost", server.port), timeout=60) as connection:
            connection.sendall(request_bytes({"prompt": text})[:-1])
            self.assertTrue(until(lambda: copies() > 0))
        self.assertTrue(until(lambda: copies() == 0))
        self.assertEqual(server.ask("/health", connection=kept)[0], 200)

    def test_ids_of_requests_are_wiped(self):
        server = self.serve()
        try:
            server.memory()
        except PermissionError:
            self.skipTest("only root may read the memory of a process that allows no dumps")
        ids = [n * n * 37 % 991 + 5 for n in range(40)]
        middle = struct.pack("<8i", *ids[16:24])

        def copies():
            return server.memory().count(middle)

        for path, body, status in [
                ("/v1/completions", {**GOOD, "prompt": [*ids, 999999]}, 400),
                ("/v1/completions", {**GOOD, "prompt": [ids, [*ids, -1]]}, 400),
                ("/v1/completions", {**GOOD, "prompt": [ids, ids * 100]}, 400),
                ("/v1/completions", {**GOOD, "prompt": [ids] * 2049}, 400),
                ("/v1/completions", {**GOOD, "prompt": [ids * 20] * 200}, 400),  # More tokens than one request has.
                ("/v1/embeddings", {"input": ids, "dimensions": 100000}, 400),
                ("/v1/classify", {"input": ids}, 422),
                ("/detokenize", {"tokens": ids}, 200),
                ("/detokenize", {"tokens": [*ids, 999999]}, 400)]:
            with self.subTest(path=path, status=status):
                self.assertEqual(server.ask(path, body)[0], status)
                self.assertTrue(until(lambda: copies() == 0, seconds=10))
        # A search that finds what it should: prompts that are computed.
        with socket.create_connection(("localhost", server.port), timeout=60) as connection:
            connection.sendall(request_bytes({**GOOD, "prompt": [[n + 5] * 500 + ids for n in range(100)]}))
            self.assertTrue(until(lambda: copies() > 0))

    def test_texts_that_are_cut_or_refused_are_wiped(self):
        with tempfile.TemporaryDirectory() as folder:
            template = pathlib.Path(folder, "template")
            template.write_text("<|begin_of_text|>{query}: {document}. Is it so? ")
            server = self.serve("--rerank-template", template, "--rerank-labels", "Y,N")
        try:
            server.memory()
        except PermissionError:
            self.skipTest("only root may read the memory of a process that allows no dumps")
        text = "And Nebuchadnezzar spake unto Zerubbabel concerning the word of the brethren in the land"
        ids = server.ask("/tokenize", {"prompt": text})[2]["tokens"]
        needles = struct.pack("<8i", *ids[3:11]), b"Zerubbabel concerning"

        def copies():
            memory = server.memory()
            return [memory.count(needle) for needle in needles]

        for path, body, status in [
                ("/v1/completions", {**GOOD, "prompt": text * 100}, 400),
                ("/v1/completions", {**GOOD, "prompt": text * 3, "truncate_prompt_tokens": 40}, 200),
                ("/v1/completions", {**GOOD, "prompt": text * 3, "truncate_prompt_tokens": 40,
                                     "truncation_side": "right"}, 200),
                ("/v1/completions", {"prompt": [text, text + "."], "max_tokens": 0, "label_token_ids": [5, 6],
                                     "apply_softmax": True}, 200),
                ("/v1/completions", ('{"prompt": "%s \\ud800"}' % text).encode(), 400),
                ("/v1/completions", {**GOOD, "labels": [text]}, 400),
                ("/v1/embeddings", {"input": [text]}, 200),
                ("/v1/score", {"text_1": "a", "text_2": [text]}, 200),
                ("/v1/rerank", {"query": "a", "documents": ["b", text * 40], "truncate_prompt_tokens": 300}, 200),
                ("/v1/rerank", {"query": text, "documents": ["b", text], "max_tokens_per_doc": 9}, 200)]:
            with self.subTest(path=path, body=str(body)[:60] + "..." + str(body)[-60:]):
                self.assertEqual(server.ask(path, body)[0], status)
                self.assertTrue(until(lambda: copies() == [0, 0]), copies())

    def test_answers_over_tls_are_wiped(self):
        with tempfile.TemporaryDirectory() as folder:
            server = self.serve(tls=make_certificate(folder))
            try:
                server.memory()
            except PermissionError:
                self.skipTest("only root may read the memory of a process that allows no dumps")
            for n in (1, 5, 20):
                status, _, answer = server.ask("/v1/completions", {**GOOD, "prompt": CANARY * n})
                self.assertEqual(status, 200)
                self.assertTrue(answer["choices"][0]["text"].startswith(CANARY))
            self.assertTrue(until(lambda: f'"text":"{CANARY}'.encode() not in server.memory()))

    def test_the_command_line_is_checked(self):
        for flags, message in [
                (["--listen", "localhost:0"], "--tls-cert and --tls-key: are required"),
                (["--no-tls", "--listen", "0.0.0.0:0"], "--no-tls: needs a loopback address"),
                (["--no-tls", "--listen", "nowhere"], "--listen: must be HOST:PORT"),
                (["--no-tls", "--rerank-labels", "a,b"], "--rerank-labels: has no effect"),
                (["--no-tls", "--rerank-labels", "a,"], "--rerank-labels: must be two words"),
                (["--no-tls", "--rerank-labels", "a,b,c"], "--rerank-labels: must be two words"),
                (["--no-tls", "--rerank-labels", " a,b"], "--rerank-labels: one label begins with a blank"),
                (["--api-key", "x"], "did you mean --api-key-file?"),
                (["--no-tls", "--api-key-file", "/dev/null"], "--api-key-file: /dev/null: neither a file nor a pipe"),
                (["--no-tls", "--tls-cert", "x"], "--no-tls: cannot be combined"),
                (["--no-tls", "--listen", "192.0.2.1.invalid:80"], "--no-tls")]:
            run = subprocess.run([BUILD_DIR / "bin/sotto", "serve", "--model", KJV, *flags], capture_output=True,
                                 text=True, timeout=60, check=False)
            self.assertEqual(run.returncode, 2, run.stderr)
            self.assertIn(message, run.stderr)


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    KJV = SOURCE_DIR / "models/kjv-2m"
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
