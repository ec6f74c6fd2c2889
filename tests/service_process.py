"""A `sotto serve` of a test's own, and clients of the standard library."""

import array
import contextlib
import http.client
import itertools
import json
import os
import pathlib
import re
import signal
import ssl
import subprocess
import tempfile
import time


def make_certificate(directory):
    """PEM files of a certificate for localhost that signs itself."""
    cert, key = pathlib.Path(directory, "cert.pem"), pathlib.Path(directory, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost"], check=True, capture_output=True, timeout=60)
    return cert, key


class Server:
    """Serves until it is stopped; its messages are in `log`."""

    def __init__(self, build_dir, model, *flags, tls=None, key=None, security=None):
        self.tls, self.key = tls, key
        self.directory = tempfile.TemporaryDirectory()
        self.log_path = pathlib.Path(self.directory.name, "log")
        if security is None:
            security = ["--tls-cert", tls[0], "--tls-key", tls[1]] if tls else ["--no-tls"]
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith(("LLAMA_", "SOTTO_"))}
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [pathlib.Path(build_dir, "bin/sotto"), "serve", "--model", model, "--listen", "localhost:0",
                 "--log-level", "debug", *security, *flags],
                stdout=subprocess.PIPE, stderr=log, env=environment)
        line = self.process.stdout.readline().decode()
        match = re.fullmatch(r"listening on https?://localhost:(\d+)\n", line)
        assert match, line + self.log()
        self.port = int(match[1])
        self.url = line.split()[-1]

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def connect(self, timeout=60):
        if not self.tls:
            return http.client.HTTPConnection("localhost", self.port, timeout=timeout)
        context = ssl.create_default_context(cafile=self.tls[0])
        return http.client.HTTPSConnection("localhost", self.port, timeout=timeout, context=context)

    def ask(self, path, body=None, connection=None, headers=None, method=None):
        """Status, headers and JSON (or text) of an answer."""
        with contextlib.ExitStack() as stack:
            if connection is None:
                connection = stack.enter_context(contextlib.closing(self.connect()))
            return self._ask(connection, path, body, headers, method)

    def _ask(self, connection, path, body, headers, method):
        sent = dict(headers or {})
        if self.key and "Authorization" not in sent:
            sent["Authorization"] = "Bearer " + self.key
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        connection.request(method or ("GET" if body is None else "POST"), path, body, sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        is_json = answer.getheader("Content-Type", "").startswith("application/json")
        return answer.status, answer.headers, json.loads(text) if is_json and text else text

    def resident_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])

    def peak_kib(self):
        """The most that was resident so far."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1])

    def cpu_seconds(self):
        """Of all its threads, so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            return sum(map(int, file.read().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """All that it may write, and may have written: the pages that are there, a tenth of all."""
        with open(f"/proc/{self.process.pid}/maps", encoding="utf-8") as maps, \
                open(f"/proc/{self.process.pid}/pagemap", "rb", buffering=0) as pagemap, \
                open(f"/proc/{self.process.pid}/mem", "rb", buffering=0) as mem:
            parts = []
            for line in maps:
                match = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
                if not match:
                    continue
                begin, end = (int(address, 16) for address in match.groups())
                for first, after in pages_there(pagemap, begin, end):
                    mem.seek(first)
                    with contextlib.suppress(OSError):
                        parts.append(mem.read(after - first))
            return b"|".join(parts)

    def alive(self):
        return self.process.poll() is None

    def stop(self, with_signal=signal.SIGTERM, timeout=60):
        """Its exit code; negative: of a signal."""
        if self.alive():
            self.process.send_signal(with_signal)
        code = self.process.wait(timeout=timeout)
        self.process.stdout.close()
        return code

    def close(self):
        if self.alive():
            self.process.kill()
        self.process.wait(timeout=60)
        self.process.stdout.close()
        self.directory.cleanup()


def pages_there(pagemap, begin, end):
    """(first, after) of each run of addresses whose pages have ever been written, swapped out or not."""
    page = os.sysconf("SC_PAGE_SIZE")
    pagemap.seek(begin // page * 8)
    entries = array.array("Q", pagemap.read((end - begin) // page * 8))
    assert len(entries) == (end - begin) // page
    at = begin
    for there, run in itertools.groupby(entries, lambda entry: entry >> 62 != 0):
        after = at + page * sum(1 for _ in run)
        if there:
            yield at, after
        at = after


def until(condition, seconds=60):
    """Waits for what happens elsewhere; whether it did."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False
