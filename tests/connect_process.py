"""A `sotto serve` over quotes of an emulated TEE, and a `sotto connect` to it that believes them."""

import http.client
import os
import pathlib
import re
import signal
import ssl
import subprocess
import tempfile

from emulated_tee import EmulatedTee
from service_process import Server

# What testing/synthetic_evidence.cc puts into a quote of SGX.
POLICY = f'[sgx]\nmrenclave = "{"e1" * 32}"\n'


class EmulatedEnclave:
    """The files that an enclave gets its quotes from, and what a data owner needs to verify these."""

    def __init__(self, build_dir):
        self.files = tempfile.TemporaryDirectory()
        self.directory = pathlib.Path(self.files.name)
        self.tee = EmulatedTee(build_dir, "sgx", self.directory)
        self.policy = self.write("policy.toml", POLICY)
        self.collateral, self.root = self.directory / "collateral.json", self.directory / "root.pem"

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        return path

    def close(self):
        self.tee.close()
        self.files.cleanup()


class AttestedServer(Server):
    """With a TLS key that it makes itself and no file holds."""

    def __init__(self, build_dir, model, enclave, *flags, key=None):
        super().__init__(build_dir, model, "--insecure-test-attester", enclave.directory, *flags, key=key, security=[])

    def connect(self, timeout=60):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection("localhost", self.port, timeout=timeout, context=context)


class Connect(Server):
    """A client's view of it is that of a server without TLS."""

    def __init__(self, build_dir, port, enclave, *flags, key=None):  # pylint: disable=super-init-not-called
        self.tls, self.key = None, key
        self.directory = tempfile.TemporaryDirectory()
        self.log_path = pathlib.Path(self.directory.name, "log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [*command(build_dir, port, enclave), "--listen", "127.0.0.1:0", "--log-level", "debug", *flags],
                stdout=subprocess.PIPE, stderr=log)
        line = self.process.stdout.readline().decode()
        match = re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)\n", line)
        assert match, line + self.log()
        self.port = int(match[1])
        self.url = line.split()[-1]

    def stop(self, with_signal=signal.SIGTERM, timeout=60):
        return super().stop(with_signal, timeout)


def command(build_dir, port, enclave, policy=None):
    """`sotto connect` under the enclave's root; flags may follow."""
    return [build_dir / "tests/connect_under_test_root", enclave.root, "connect", f"https://localhost:{port}",
            "--policy", policy or enclave.policy, "--collateral", enclave.collateral]


def clean_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith(("LLAMA_", "SOTTO_"))}
