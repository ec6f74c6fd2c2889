"""Runs sotto as the Gramine manifest would, in a directory that holds what the manifest mounts and
nothing else, in both modes: all that the program opens, maps, links, connects to or reads from the
environment is covered by the manifest, and all that the manifest lists is used.

Usage: gramine_coverage_test.py SOURCE_DIR BUILD_DIR.
"""

import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

from gramine_enclave import Enclave, PSEUDO_FILES, why_not
from service_process import until

SOURCE_DIR, BUILD_DIR = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
THREADS = 4
# Batches of one row: a thread made for each of them would be seen.
PROMPTS, SHAPE = 40, {"batch_size": 1, "length": 4}
# Gramine's own helpers, which max_threads counts too.
GRAMINE_THREADS = 3
# Variables of libraries that stay unset in the enclave, as they should: each has a safe default.
LEFT_UNSET = re.compile(
    r"^((OMP|GOMP|ACC|GCC|DNNL|ONEDNN|GRPC|SSL)_\w+|INTEL_(JIT_PROFILER|LIBITTNOTIFY)64|VS_PROFILER"
    r"|OPENSSL_ia32cap|SIMDJSON_FORCE_IMPLEMENTATION|LLAMA_GPU_ENDPOINT)$")


def opened(trace):
    """The host's paths of files that were opened."""
    return set(re.findall(r"open(?:at)?(?:\(| resumed>).* = \d+<([^>]+)>", trace))


class Coverage:
    """The tests of one mode; classes below give VARIABLES or start accelerators."""

    variables = {}
    # Where the program may write.
    written = ("/data/results.json", "/dev/shm/sotto-")
    # Of mounts from which something is used.
    used_kinds = ("encrypted", "untrusted_shm")

    @classmethod
    def setUpClass(cls):
        reason = why_not()
        if reason is None and not (BUILD_DIR / "bin/sotto").exists():
            reason = "build/bin/sotto is not built"
        if reason is not None:
            raise unittest.SkipTest(f"SKIPPED: {reason}")
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.work = pathlib.Path(directory.name)
        cls.prepare()
        cls.enclave = Enclave(cls.work, SOURCE_DIR, BUILD_DIR / "bin/sotto",
                              {"THREADS": THREADS} | cls.variables)
        cls.root, cls.manifest = cls.enclave.root, cls.enclave.manifest
        cls.run_traced()

    @classmethod
    def prepare(cls):
        pass

    @classmethod
    def run_traced(cls):
        (cls.root / "data/prompts.jsonl").write_text('{"prompt": "In the beginning"}\n' * PROMPTS)
        cls.trace = cls.enclave.trace(**SHAPE)
        cls.result = json.loads((cls.root / "data/results.json").read_text())

    def variables_read(self):
        return self.enclave.variables_read(**SHAPE)

    @classmethod
    def accelerator(cls, *arguments):
        """Starts one; returns its endpoint."""
        server = subprocess.Popen(
            [BUILD_DIR / "bin/sotto-accelerator", "--model", SOURCE_DIR / "models/kjv-2m",
             "--threads", "1", "--listen", "127.0.0.1:0", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        cls.addClassCleanup(server.stdout.close)
        cls.addClassCleanup(server.wait)
        cls.addClassCleanup(server.terminate)
        return server.stdout.readline().removeprefix("listening on ").strip()

    def inside(self, path):
        """The enclave's name of a path of the host; None if it has none."""
        relative = os.path.relpath(path, self.root)
        return None if relative.startswith("..") else f"/{relative}"

    def test_every_file_opened_or_mapped_is_covered(self):
        mapped = set(re.findall(r"mmap\(.*, \d+<([^>]+)>, ", self.trace))
        covered = {m["path"] for m in self.enclave.mounts("chroot")} | {f"/{p}" for p in PSEUDO_FILES}
        covered.add("/data")  # For an unnamed file; where there are none, a named one follows.
        directories = ["/data/"] + [f"{m['path']}/" for m in self.enclave.mounts("untrusted_shm")]
        self.assertIn(str(self.root / "lib/libdnnl.so.2"), mapped)
        for path in opened(self.trace) | mapped:
            name = self.inside(path)
            self.assertTrue(name in covered or name is not None and name.startswith(tuple(directories)),
                            f"{path} is opened or mapped, but the manifest does not cover it")

    def test_everything_mounted_is_used(self):
        used = {self.inside(path) for path in opened(self.trace)}
        used |= {self.manifest["libos"]["entrypoint"], "/lib/ld-linux-x86-64.so.2"}  # By execve().
        for mount in self.enclave.mounts("chroot"):
            self.assertIn(mount["path"], used, "is mounted, but not opened")
        for mount in self.enclave.mounts(*self.used_kinds):
            self.assertTrue([path for path in used if path.startswith(f"{mount['path']}/")], mount)

    def test_results_leave_through_the_encrypted_mount_only(self):
        written = re.findall(
            r'open(?:at)?\((?:AT_FDCWD<[^>]*>, )?"([^"]*)", ([^)]*O_(?:WRONLY|RDWR)[^)]*)', self.trace)
        self.assertTrue(written)
        for path, flags in written:
            unnamed = path == "/data" and "O_TMPFILE" in flags  # Inside the encrypted mount.
            self.assertTrue(unnamed or path.startswith(self.written), path)

    def test_connections_go_to_the_accelerators_only(self):
        argv = self.manifest["loader"]["argv"]
        wanted = {argv[i + 1] for i, flag in enumerate(argv) if flag == "--accelerator"}
        reached = {f"{address}:{port}" for port, address in re.findall(
            r'connect\(.*sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"', self.trace)}
        self.assertEqual(reached, wanted)
        for family in re.findall(r"\b(?:connect|bind)\(.*sa_family=(\w+)", self.trace):
            self.assertIn(family, ("AF_INET", "AF_INET6"))

    def test_variables(self):
        listed, read = set(self.manifest["loader"]["env"]), self.variables_read()
        # The loader and malloc read theirs without getenv().
        for name in listed - {"LD_LIBRARY_PATH", "LD_PRELOAD", "MALLOC_ARENA_MAX"}:
            self.assertIn(name, read, "is in the manifest, but not read")
        unknown = {name for name in read - listed if not LEFT_UNSET.match(name)}
        self.assertEqual(unknown, set(), "read, but not in the manifest")

    def test_nothing_gramine_lacks_is_used(self):
        for call in ("memfd_create(", "io_uring_setup(", "shmget(", "vfork(", "O_APPEND"):
            self.assertNotIn(call, self.trace)
        self.assertNotRegex(self.trace, r"\bfork\(")
        self.assertEqual(self.trace.count("execve("), 1)

    def test_threads_are_made_once_and_fit(self):
        made = re.findall(r"clone3?\(.*", self.trace)
        for line in made:
            self.assertIn("CLONE_THREAD", line, "a process, not a thread")
        self.check_thread_count(1 + len(made))
        alive = 1 + len(made) - self.PROBED_THREADS
        self.assertLessEqual(alive + GRAMINE_THREADS, self.manifest["sgx"]["max_threads"])

    # Made and joined before gRPC starts, to see whether it can (protocol/thread_room.cc).
    PROBED_THREADS = 10

    def check_thread_count(self, threads):
        """Where gRPC is in use its threads vary; max_threads is the limit."""

    def test_machine_code_needs_writable_executable_pages(self):
        """As docs/deployment.md says: oneDNN asks for RWX, and so does PCRE2."""
        rights = set(re.findall(r"m(?:map|protect)\([^<]*?(PROT_[A-Z_|]*PROT_EXEC)", self.trace))
        self.assertEqual(rights - {"PROT_READ|PROT_EXEC"}, {"PROT_READ|PROT_WRITE|PROT_EXEC"})

    def test_it_says_where_it_runs(self):
        self.assertEqual(self.result["tee"], {"platform": "gramine-sgx", "protects_from_host": True,
                                              "attestation_type": "dcap"})
        self.assertIn("sotto: SGX enclave under Gramine, remote attestation dcap\n",
                      self.enclave.stderr)
        self.assertEqual(self.result["prompt_count"], PROMPTS)

    def test_what_gramine_does_not_count_is_null(self):
        self.assertIsNone(self.result["peak_rss_bytes"])
        detail = self.result.get("mode_detail", {})
        for name in ("enclave_cpu", "masking", "wire"):
            self.assertIsNone(detail.get("seconds", {}).get(name), name)
        self.assertIsNone(detail.get("pads", {}).get("offline_cpu_seconds"))


class TeeOnly(Coverage, unittest.TestCase):

    PROBED_THREADS = 0

    def check_thread_count(self, threads):
        self.assertEqual(threads, THREADS)

    def test_no_socket_is_made(self):
        self.assertNotIn("socket(", self.trace)

    def test_what_measures_is_not_in_the_enclave(self):
        run = self.enclave.run("bench", "--model", "/model.sotto", "--output", "/data/bench")
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("sotto-bench is not installed beside sotto", run.stderr)


class Serving(Coverage, unittest.TestCase):
    """The service: TLS ends inside, under a key that is made there."""

    PROBED_THREADS = 0

    @classmethod
    def prepare(cls):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            cls.port = listener.getsockname()[1]
        cls.variables = {"SERVE": f"127.0.0.1:{cls.port}"}

    @classmethod
    def run_traced(cls):
        (cls.root / "data/api_keys").write_text("a-key-for-this-test-alone\n")
        cls.answers = []
        cls.trace = cls.enclave.trace(cls.ask, **SHAPE)

    @classmethod
    def connect(cls):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return contextlib.closing(http.client.HTTPSConnection("localhost", cls.port, timeout=120, context=context))

    @classmethod
    def ask(cls):
        with cls.connect() as connection:
            for path, body in (("/v1/completions", '{"prompt": [5, 6, 7], "max_tokens": 1, "logprobs": 1}'),
                               ("/v1/protection", None)):
                connection.request("GET" if body is None else "POST", path, body,
                                   {"Authorization": "Bearer a-key-for-this-test-alone"})
                answer = connection.getresponse()
                cls.answers.append((answer.status, json.loads(answer.read())))

    def variables_read(self):
        return self.enclave.variables_read(self.ask, **SHAPE)

    def check_thread_count(self, threads):
        self.assertEqual(threads, THREADS + 5 + self.PROBED_THREADS)

    def test_results_leave_through_the_encrypted_mount_only(self):
        """But for what a quote is to bind."""
        written = re.findall(r'open(?:at)?\((?:AT_FDCWD<[^>]*>, )?"([^"]*)", [^)]*O_(?:WRONLY|RDWR|CREAT|TMPFILE)',
                             self.trace)
        self.assertEqual(set(written), {"/dev/attestation/user_report_data"})

    def test_it_says_where_it_runs(self):
        status, protection = self.answers[1]
        self.assertEqual(status, 200)
        self.assertTrue(protection["host"]["hidden"], protection)
        self.assertIn("sotto: SGX enclave under Gramine, remote attestation dcap\n", self.enclave.stderr)

    def test_what_gramine_does_not_count_is_null(self):
        """A service writes no result."""

    def test_it_answers(self):
        status, completion = self.answers[0]
        self.assertEqual(status, 200, completion)
        self.assertEqual(len(completion["choices"][0]["logprobs"]["tokens"]), 1)


class ServingWhatIsBrought(Serving):
    """The same, with no key on the encrypted mount: it comes over the network."""

    PROBED_THREADS = 2  # Of the service that waits; they end before the other begins.
    used_kinds = ()

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.variables |= {"AWAIT_PROVISIONING": "1"}

    @classmethod
    def ask(cls):
        document = {"purpose": "sotto.provision.v1", "api_keys": ["a-key-for-this-test-alone"]}
        with cls.connect() as connection:
            connection.request("POST", "/v1/aci/provision", json.dumps(document))
            assert connection.getresponse().status == 200
        assert until(cls.is_well)
        super().ask()

    @classmethod
    def is_well(cls):
        with cls.connect() as connection:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200

    def test_no_key_is_read_from_a_file(self):
        self.assertNotIn("api_keys", self.trace)


class Provisioned(Coverage, unittest.TestCase):
    """The key of /data is put in place by a library, here a stand-in, before the program begins."""

    written = (*Coverage.written, "/dev/attestation/keys/prompts")
    PROBED_THREADS = 0

    @classmethod
    def prepare(cls):
        (cls.work / "ca.crt").write_text("a certificate\n")
        cls.variables = {"PROVISION": "127.0.0.1:4433", "PROVISION_CERTIFICATE": cls.work / "ca.crt",
                         "DATA_KEY": "prompts"}

    def test_the_key_is_set_before_anything_encrypted_is_opened(self):
        key = (self.root / "dev/attestation/keys/prompts").read_text()
        self.assertEqual(key, "a stand-in's key")
        order = [self.inside(path) for path in
                 re.findall(r"open(?:at)?\(.* = \d+<([^>]+)>", self.trace)]
        self.assertLess(order.index("/dev/attestation/keys/prompts"),
                        min(i for i, path in enumerate(order) if (path or "").startswith("/data/")))


class SplitOverTcp(Coverage, unittest.TestCase):
    """Shares between two accelerators, over TLS that ends in the enclave."""

    @classmethod
    def prepare(cls):
        endpoints, keys = zip(*(cls.tls_accelerator(name) for name in ("a", "b")))
        cls.variables = {"ACCELERATORS": " ".join(endpoints), "ACCELERATOR_KEYS": " ".join(keys)}

    @classmethod
    def tls_accelerator(cls, name):
        certificate, key = cls.work / f"{name}.crt", cls.work / f"{name}.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-days", "2",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        public = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"],
                                check=True, capture_output=True).stdout
        endpoint = cls.accelerator("--tls-cert", str(certificate), "--tls-key", str(key))
        return endpoint, hashlib.sha256(public).hexdigest()

    def test_it_was_split(self):
        detail = self.result["mode_detail"]
        self.assertEqual(detail["protection"], "shares")
        self.assertEqual([a["data_plane"] for a in detail["accelerators"]], ["tcp", "tcp"])


class SplitOverSharedMemory(Coverage, unittest.TestCase):
    """Pads, with one accelerator on this host."""

    @classmethod
    def prepare(cls):
        shared = cls.work / "root/dev/shm"
        shared.mkdir(parents=True)
        cls.variables = {"ACCELERATORS": cls.accelerator("--shm-dir", str(shared)), "SHM": "1"}

    def test_it_was_split(self):
        detail = self.result["mode_detail"]
        self.assertEqual(detail["protection"], "pads")
        self.assertEqual([a["data_plane"] for a in detail["accelerators"]], ["shm"])

    def test_shared_memory_is_mapped_once_and_never_protected(self):
        """In an enclave munmap() leaves the mapping where it is, and mprotect() ends the program."""
        mapped = re.findall(r"mmap\(.*MAP_SHARED, \d+<([^>]+)>.* = (0x[0-9a-f]+)", self.trace)
        self.assertEqual(len(mapped), 1, mapped)
        path, address = mapped[0]
        self.assertRegex(self.inside(path), "^/dev/shm/sotto-[0-9a-f]{32}$")
        self.assertNotIn(f"mprotect({address}", self.trace)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
