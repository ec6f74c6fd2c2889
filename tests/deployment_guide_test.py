"""Runs the commands of docs/deployment.md as they stand, on this machine's loopback.

Usage: deployment_guide_test.py SOURCE_DIR BUILD_DIR. Only what a reader would replace is replaced:
names of machines, directories and files, and the device.
"""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

TIMEOUT_S = 300
# A section's heading, and the commands in it: blocks between fences that no diagram is.
SECTION = re.compile(r"^## (.*?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```\n((?:openssl|sotto|sotto-accelerator) .*?)^```\n", re.MULTILINE | re.DOTALL)


def blocks_of(heading):
    page = (SOURCE_DIR / "docs/deployment.md").read_text(encoding="utf-8")
    for title, text in SECTION.findall(page):
        if title.startswith(heading):
            return BLOCK.findall(text)
    raise AssertionError(f"no section {heading}")


def environment():
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("LLAMA_", "SOTTO_"))}
    return clean | {"PATH": f"{BUILD_DIR / 'bin'}:{os.environ['PATH']}"}


def fill_in(block, names):
    for name, value in names.items():
        block = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w])", str(value), block)
    return "set -euo pipefail\n" + block


class Operator:
    """A machine with a server that the guide's commands started; its directory keeps the files."""

    def __init__(self, block, directory):
        self.directory = pathlib.Path(directory)
        names = {"a.example": "localhost", "DIR": MODEL, "0.0.0.0:50051": "localhost:0",
                 "opencl:0": "cpu"}
        # exec: the signal that ends the shell must reach the server.
        script = fill_in(block, names).replace("\nsotto-accelerator ", "\nexec sotto-accelerator ")
        self.process = subprocess.Popen(["bash", "-c", script], cwd=directory, env=environment(),
                                        stdout=subprocess.PIPE, text=True)
        self.printed, self.endpoint = "", None
        for line in self.process.stdout:
            self.printed += line
            if line.startswith("listening on "):
                self.endpoint = line.split()[-1]
                break

    def close(self):
        self.process.kill()
        self.process.stdout.close()
        self.process.wait()

    def key(self):
        """What sha256sum printed."""
        return re.search(r"^([0-9a-f]{64})  -$", self.printed, re.MULTILINE).group(1)


class DeploymentGuide(unittest.TestCase):

    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.directory = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        (self.directory / "prompts.txt").write_text("In the beginning\n", encoding="utf-8")

    def operator(self, block, name):
        (self.directory / name).mkdir()
        operator = Operator(block, self.directory / name)
        self.stack.callback(operator.close)
        self.assertIsNotNone(operator.endpoint, operator.printed)
        return operator

    def impostor(self, operator):
        """A server of `operator`'s that shows a certificate for the other's name, which is the same
        name here, signed with whatever keys the operator has."""
        authority = "authority" if (operator.directory / "authority.key").exists() else "server"
        block = f"""openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \\
    -subj /CN=forged.example -keyout server.key -out server.csr 2> /dev/null
printf 'subjectAltName=DNS:localhost' > server.ext
openssl x509 -req -in server.csr -CA {operator.directory}/{authority}.pem \\
    -CAkey {operator.directory}/{authority}.key -CAcreateserial -days 1 -extfile server.ext \\
    -out server.pem 2> /dev/null
cat {operator.directory}/{authority}.pem >> server.pem
sotto-accelerator --model DIR --listen 0.0.0.0:50051 --tls-cert server.pem --tls-key server.key
"""
        return self.operator(block, "impostor")

    def prefill(self, block, names):
        client = self.directory / "client"
        client.mkdir(exist_ok=True)
        names = {"DIR": MODEL, "FILE": self.directory / "prompts.txt", **names}
        run = subprocess.run(["bash", "-c", fill_in(block, names)], cwd=client, env=environment(),
                             capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        results = list(client.glob("*.json"))
        result = json.loads(results[0].read_text(encoding="utf-8")) if results else None
        for file in results:
            file.unlink()
        return run, result

    def shares(self, server_block, client_block, names_of):
        a, b = self.operator(server_block, "a"), self.operator(server_block, "b")
        names = {"a.example:50051": a.endpoint, **names_of(a, b)}
        run, result = self.prefill(client_block, {"b.example:50051": b.endpoint, **names})
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(result["mode_detail"]["protection"], "shares")
        self.assertEqual(result["mode_detail"]["verified"], True)
        # The network sends what was for B to A's operator.
        run, result = self.prefill(client_block, {"b.example:50051": self.impostor(a).endpoint,
                                                  **names})
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIsNone(result)

    def test_shares_with_pinned_keys(self):
        server, client, _, _ = blocks_of("Split, two operators")
        self.shares(server, client, lambda a, b: {"KEY_OF_A": a.key(), "KEY_OF_B": b.key()})

    def test_shares_with_an_authority_for_each(self):
        _, _, server, client = blocks_of("Split, two operators")
        self.shares(server, client, lambda a, b: {
            "authority-of-a.pem": a.directory / "authority.pem",
            "authority-of-b.pem": b.directory / "authority.pem"})

    def test_pads(self):
        client, = blocks_of("Split, one operator")
        server = self.operator(
            "true\nsotto-accelerator --model DIR --listen 0.0.0.0:50051\n", "host")
        run, result = self.prefill(client, {"HOST:50051": server.endpoint})
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(result["mode_detail"]["protection"], "pads")

    def test_tee_only(self):
        client, = blocks_of("TEE-only")
        run, result = self.prefill(client, {})
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(len(result["prompts"]), 1)

    def test_the_service_is_given_every_file_of_its_drop_in(self):
        page = (SOURCE_DIR / "docs/deployment.md").read_text(encoding="utf-8")
        drop_in = re.search(r"^\[Service\]\n(.*?)^END$", page, re.MULTILINE | re.DOTALL)[1]
        loaded = dict(re.findall(r"^LoadCredential=(\S+?):(\S+)$", drop_in, re.MULTILINE))
        self.assertEqual(sorted(re.findall(r" %d/([^ \"]+)", drop_in)), sorted(loaded))
        for path in loaded.values():
            self.assertRegex(page, rf"(?m)^install -D -m \d+ \S+ {re.escape(path)}$")
        variable = re.search(r'^Environment="(\w+)=', drop_in, re.MULTILINE)[1]
        unit = SOURCE_DIR / "packaging/systemd/sotto-accelerator.service.in"
        self.assertRegex(unit.read_text(encoding="utf-8"), rf"(?m)^ExecStart=.* \${variable}$")

    def test_no_certificate_that_the_guide_makes_for_a_server_signs_others(self):
        page = (SOURCE_DIR / "docs/deployment.md").read_text(encoding="utf-8")
        for command in re.findall(r"^openssl req -x509(?:.*\\\n)*.*", page, re.MULTILINE):
            authority = "authority.pem" in command
            self.assertIn("CA:TRUE" if authority else "CA:FALSE", command)


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    MODEL = SOURCE_DIR / "models/kjv-2m"
    unittest.main(argv=sys.argv[:1], verbosity=2)
