"""Renders the Gramine manifest and checks it: the release is accepted, each mutant refused by its
own message, the makefile makes what it says.

Gramine's own tools are used where they are on PATH; otherwise stand-ins (testing/gramine), said so.
Usage: gramine_manifest_test.py SOURCE_DIR BUILD_DIR.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE_DIR, BUILD_DIR = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
PACKAGING = SOURCE_DIR / "packaging/gramine"
STAND_INS = SOURCE_DIR / "testing/gramine"
ROOT = "ab" * 32
VARIABLES = {
    "weights_root": ROOT, "threads": "2", "io_threads": "0", "enclave_size": "8G", "edmm": "0",
    "amx": "0", "oblivious": "0", "data_key": "_sgx_mrsigner", "libraries": "libdnnl.so.2 libstdc++.so.6",
    "runtime_libraries": "ld-linux-x86-64.so.2 libc.so.6 libm.so.6", "accelerators": "",
    "accelerator_keys": "", "shm": "0", "keyed": "0", "prompts": ""}
SPLIT = {"accelerators": "192.0.2.1:50051 [2001:db8::2]:50051",
         "accelerator_keys": f"{'01' * 32} {'02' * 32}", "io_threads": "64"}
SHARED = SPLIT | {"shm": "1"}


def environment():
    """PATH with stand-ins behind what is really there."""
    return os.environ | {"PATH": f"{os.environ['PATH']}:{STAND_INS}"}


def real(tool):
    return shutil.which(tool) is not None


def render(**changes):
    """The manifest's text."""
    definitions = [f"-D{k}={v}" for k, v in (VARIABLES | changes).items()]
    with tempfile.TemporaryDirectory() as directory:
        output = pathlib.Path(directory) / "sotto.manifest"
        subprocess.run(["gramine-manifest", *definitions,
                        str(PACKAGING / "sotto.manifest.template"), str(output)],
                       env=environment(), check=True, capture_output=True)
        return output.read_text(encoding="utf-8")


def problems(text, io_threads=0):
    with tempfile.NamedTemporaryFile("w", suffix=".manifest", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        run = subprocess.run([str(PACKAGING / "check_manifest"), "--io-threads", str(io_threads),
                              file.name], capture_output=True, text=True, check=False)
    lines = [line.removeprefix(f"{file.name}: ") for line in run.stderr.splitlines()]
    assert (run.returncode == 0) == (not lines), run.stderr
    return lines


# (what is found in the release manifest, what replaces it, what the refusal says).
MUTANTS = [
    ("sgx.debug = false", "sgx.debug = true", "sgx.debug: must be False"),
    ("sgx.debug = false\n", "", "sgx.debug: missing"),
    ('remote_attestation = "dcap"', 'remote_attestation = "none"', "sgx.remote_attestation: must"),
    ('sgx.remote_attestation = "dcap"\n', "", "sgx.remote_attestation: missing"),
    ("use_exinfo = true", "use_exinfo = false", "sgx.use_exinfo: must"),
    ("use_exinfo = true", 'use_exinfo = true\nsgx.nonpie_binary = true', "sgx.nonpie_binary: no longer"),
    ("use_exinfo = true", 'use_exinfo = true\nsgx.thread_num = 8', "sgx.thread_num: no longer"),
    ("use_exinfo = true", 'use_exinfo = true\nsgx.enable_stats = true', "sgx.enable_stats: not a key"),
    ("use_exinfo = true", 'use_exinfo = true\nsgx.file_check_policy = "allow_all_but_log"',
     "sgx.file_check_policy: not a key"),
    ("use_exinfo = true", "use_exinfo = true\nsgx.insecure__rpc_thread_num = 4",
     "sgx.insecure__rpc_thread_num: insecure"),
    ("sys.disallow_subprocesses = true", "sys.insecure__allow_eventfd = true",
     "sys.insecure__allow_eventfd: insecure"),
    ("sys.disallow_subprocesses = true", "sys.disallow_subprocesses = false",
     "sys.disallow_subprocesses: must"),
    ("sys.disallow_subprocesses = true", "", "sys.disallow_subprocesses: missing"),
    ("enable_sigterm_injection = true", "enable_sigterm_injection = false",
     "sys.enable_sigterm_injection: must"),
    ('stack.size = "8M"', 'stack.size = "256K"', "sys.stack.size: must be '8M'"),
    ('log_level = "error"', 'log_level = "debug"', "loader.log_level: must be 'error'"),
    ('loader.log_level = "error"', 'loader.log_level = "error"\nloader.insecure__use_cmdline_argv = true',
     "loader.insecure__use_cmdline_argv: insecure"),
    ('loader.log_level = "error"', 'loader.log_level = "error"\nloader.insecure__use_host_env = true',
     "loader.insecure__use_host_env: insecure"),
    ('loader.log_level = "error"', 'loader.log_level = "error"\nloader.preload = "file:x.so"',
     "loader.preload: no longer"),
    ('loader.log_level = "error"', 'loader.log_level = "error"\nfs.insecure__keys.default = "00"',
     "fs.insecure__keys.default: insecure"),
    ('entrypoint = "/sotto"', 'entrypoint = "/bin/sh"', "libos.entrypoint: must"),
    ("loader.argv = [", "loader.argv_ = [", "loader.argv: missing"),
    ('loader.log_level = "error"', 'loader.log_level = "error"\nloader.argv_src_file = "file:argv"',
     "loader.argv_src_file: not a key"),
    ('loader.log_level = "error"', 'loader.log_level = "error"\nloader.env_src_file = "file:env"',
     "loader.env_src_file: not a key"),
    ('loader.log_level = "error"', 'loader.log_level = "error"\nloader.log_file = "log"',
     "loader.log_file: not a key"),
    ('"prefill",', '"tokenize",', "must begin with sotto prefill"),
    (ROOT, "ab" * 31, "needs --weights-root, 64"),
    ('"--weights-root"', '"--weights-toor"', "needs --weights-root, 64"),
    ('"--model", "/model.sotto"', '"--model", "/elsewhere"', "needs --model /model.sotto"),
    ('"/data/results.json"', '"/out/results.json"', "--output must name a file of the encrypted"),
    ('"/data/results.json"', '"/data/../x.json"', "--output must name a file of the encrypted"),
    ('"/data/prompts.jsonl"', '"/prompts.jsonl"', "--prompts must name a file of the encrypted"),
    ('"--progress", "never"', '"--progress", "never", "--prompt", "x"', "--prompt must not be there"),
    ('"--progress", "never"', '"--progress", "never", "--save-logits", "/dev/shm/l.npy"',
     "--save-logits must name a file"),
    ('"--progress", "never"', '"--progress", "never", "--split"', "--split needs an --accelerator"),
    ('"--progress", "never"', '"--progress", "never", "--key-file", "/key"',
     "--key-file must name a file of the encrypted"),
    ('"--threads", "2"', '"--threads", "many"', "needs --threads, once"),
    ("max_threads = 6", "max_threads = 5", "sgx.max_threads: must be 6"),
    ('enclave_size = "8G"', 'enclave_size = "6G"', "must be a power of two"),
    ('enclave_size = "8G"', "enclave_size = 8589934592", "must be a string such as"),
    ('enclave_size = "8G"', 'enclave_size = "64M"', "too small to load"),
    ("edmm_enable = false", "edmm_enable = true", "sgx.preheat_enclave: invalid with"),
    ("preheat_enclave = true", "preheat_enclave = false", "must be true without sgx.edmm_enable"),
    ("sgx.preheat_enclave = true\n", "", "both must be said"),
    ('avx512 = "required"', 'avx512 = "unspecified"', "sgx.cpu_features.avx512: must"),
    ('amx = "disabled"', 'amx = "unspecified"', "sgx.cpu_features.amx: must be required or disabled"),
    ('MALLOC_ARENA_MAX = "1"', 'MALLOC_ARENA_MAX = "8"', "loader.env.MALLOC_ARENA_MAX: must"),
    ('MALLOC_ARENA_MAX = "1"', "MALLOC_ARENA_MAX = { passthrough = true }",
     "loader.env.MALLOC_ARENA_MAX: must have a fixed value"),
    ("loader.env.LLAMA_TEE_BATCH_SIZE", "loader.env.LD_PRELOAD",
     "loader.env.LD_PRELOAD: the program does not need"),
    ("loader.env.LLAMA_TEE_BATCH_SIZE = { passthrough = true }\n", "",
     "loader.env.LLAMA_TEE_BATCH_SIZE: missing"),
    ("loader.env.LLAMA_TEE_BATCH_SIZE = { passthrough = true }", 'loader.env.LLAMA_TEE_BATCH_SIZE = "4"',
     "loader.env.LLAMA_TEE_BATCH_SIZE: must be passed"),
    ('  "file:lib/libdnnl.so.2",\n', "", "file:lib/libdnnl.so.2 is mounted but not trusted"),
    ('  "file:sotto",\n', '  "file:sotto",\n  "file:secret.txt",\n', "file:secret.txt is mounted nowhere"),
    ('  "file:sotto",\n', '  "file:sotto",\n  "file:lib/",\n', "file:lib/: a whole directory"),
    ('  "file:sotto",\n', '  "file:sotto",\n  "file:sotto",\n', "a file is listed twice"),
    ('  "file:sotto",\n', '  "file:sotto",\n  "dev:tty",\n', "is not a file: URI"),
    ('  "file:model.sotto",\n', '  "file:model.sotto",\n  "file:/etc/passwd",\n',
     "file:/etc/passwd: only the sealed model"),
    ('  "file:model.sotto",\n', "", "the sealed model is missing"),
    ('  "file:model.sotto",\n', '  "file:model.sotto",\n  "dev:/dev/shm",\n',
     "sgx.allowed_files: shared memory that --data-plane does not use"),
    ('fs.root.type = "tmpfs"', 'fs.root.type = "chroot"', "fs.root.type: must"),
    ('type = "encrypted", path = "/data"', 'type = "encrypted", path = "/elsewhere"',
     "needs one encrypted mount"),
    ('key_name = "_sgx_mrsigner"', 'key_name = ""', "needs a key_name"),
    ('key_name = "_sgx_mrsigner"', 'key_name = "_sgx_mrsigner", insecure__key = "00"',
     "/data: insecure__key is not a key of a release manifest"),
    ('  { path = "/sotto", uri = "file:sotto" },\n',
     '  { path = "/sotto", uri = "file:sotto" },\n  { type = "untrusted_fs", path = "/x", uri = "x" },\n',
     "type untrusted_fs of /x is not of a release"),
    ('  { path = "/sotto", uri = "file:sotto" },\n', "", "fs.mounts: /sotto is missing"),
    ('  { path = "/sotto", uri = "file:sotto" },\n',
     '  { path = "/sotto", uri = "file:sotto" },\n  { path = "/etc", uri = "file:/etc" },\n',
     "file:/etc is mounted but not trusted"),
    ('  { path = "/sotto", uri = "file:sotto" },\n',
     '  { path = "/sotto", uri = "file:sotto" },\n  { path = "/dev/shm", type = "untrusted_shm", uri = "dev:/dev/shm" },\n',
     "fs.mounts: shared memory that --data-plane does not use"),
    ("sgx.debug = false", "sgx.debug = ", "not TOML"),
]
# The same for a split manifest over TCP,
SPLIT_MUTANTS = [
    ('  "--accelerator-key", "' + "02" * 32 + '",\n', "", "shares need an --accelerator-key"),
    ("max_threads = 70", "max_threads = 6", "sgx.max_threads: must be 70"),
    ('"192.0.2.1:50051"', '"a.example:50051"', "--accelerator a.example:50051: want ADDRESS:PORT"),
    ('"192.0.2.1:50051"', '"unix:/tmp/socket"', "--accelerator unix:/tmp/socket: want ADDRESS:PORT"),
    ('"--data-plane", "grpc"', '"--retries", "1"', "--split needs --data-plane"),
    ('"--data-plane", "grpc"', '"--data-plane", "auto"', "fs.mounts: the shared memory of --data-plane"),
    ('"--split"', '"--split", "--protection", "plain"', "--protection plain is not confidential"),
    ('"--split"', '"--split", "--insecure-channels"', "--insecure-channels must not be there"),
    ("sgx.debug = false",
     "sys.enable_extra_runtime_domain_names_conf = true\nsgx.debug = false",
     "sys.enable_extra_runtime_domain_names_conf: not a key"),
]
# and for one with shared memory.
SHARED_MUTANTS = [
    ('"--data-plane", "auto"', '"--data-plane", "grpc"', "shared memory that --data-plane does not use"),
    ('  "dev:/dev/shm",\n', "", "sgx.allowed_files: the shared memory of --data-plane is missing"),
    ('uri = "dev:/dev/shm" }', 'uri = "dev:/dev" }', "must be dev:/dev/shm at /dev/shm"),
    ('uri = "dev:/dev/shm" }', 'uri = "dev:/dev/shm", key_name = "x" }', "must be dev:/dev/shm at"),
]


class Checker(unittest.TestCase):

    def test_releases_are_accepted(self):
        for changes in ({}, {"amx": "1"}, {"edmm": "1"}, {"threads": "32"}, {"oblivious": "1"},
                        {"keyed": "1"}, {"prompts": "prompts.json"}):
            with self.subTest(changes):
                self.assertEqual(problems(render(**changes)), [])
        self.assertEqual(problems(render(**SPLIT), io_threads=64), [])
        self.assertEqual(problems(render(**SHARED), io_threads=64), [])

    def check_mutants(self, manifest, mutants, io_threads):
        for old, new, message in mutants:
            with self.subTest(new=new, message=message):
                self.assertIn(old, manifest, "the mutant's target is not in the manifest")
                found = problems(manifest.replace(old, new, 1), io_threads)
                self.assertTrue([line for line in found if message in line], found)

    def test_mutants_are_refused(self):
        self.assertGreaterEqual(len(MUTANTS), 30)
        self.check_mutants(render(), MUTANTS, 0)

    def test_split_mutants_are_refused(self):
        self.check_mutants(render(**SPLIT), SPLIT_MUTANTS, 64)
        self.check_mutants(render(**SHARED), SHARED_MUTANTS, 64)

    def test_no_message_is_there_without_its_mutant(self):
        messages = {message for _, _, message in MUTANTS}
        self.assertGreaterEqual(len(messages), 30)


class Makefile(unittest.TestCase):

    def setUp(self):
        if not (BUILD_DIR / "bin/sotto").exists():
            self.skipTest("build/bin/sotto is not built")
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.work = pathlib.Path(self.directory.name)
        for name in ("Makefile", "check_manifest", "manifest_argv.py", "sotto.manifest.template"):
            shutil.copy(PACKAGING / name, self.work)

    def make(self, *arguments, env=None):
        # The outer make's flags and variables are not this one's.
        clean = {k: v for k, v in (env or environment()).items()
                 if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "SGX")}
        return subprocess.run(
            ["make", "--no-print-directory", "-C", self.work, f"PROGRAM={BUILD_DIR}/bin/sotto",
             f"MODEL_DIR={SOURCE_DIR}/models/kjv-2m", *arguments],
            env=clean, capture_output=True, text=True, check=False)

    def test_makes_manifest_and_signature_once(self):
        if real("gramine-sgx-sign"):
            self.skipTest("SKIPPED: needs a signing key with the real gramine-sgx-sign")
        run = self.make("-j4", "SGX=1", "DATE=2024-01-01", "KEY=k.pem")
        self.assertEqual(run.returncode, 0, run.stderr)
        for name in ("sotto.manifest", "sotto.manifest.sgx", "sotto.sig", "model.sotto"):
            self.assertTrue((self.work / name).exists(), name)
        self.assertIn("--key k.pem --date 2024-01-01", run.stdout)
        again = self.make("-j4", "SGX=1", "DATE=2024-01-01", "KEY=k.pem")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual((self.work / "signed.log").read_text(), "signed once\n")
        signature = (self.work / "sotto.sig").read_text()
        self.assertEqual(self.make("clean").returncode, 0)
        self.assertFalse((self.work / "sotto.sig").exists())
        self.assertEqual(self.make("SGX=1", "DATE=2024-01-01", "KEY=k.pem").returncode, 0)
        self.assertEqual((self.work / "sotto.sig").read_text(), signature)

    def test_split_and_sizes_reach_the_manifest(self):
        run = self.make("THREADS=3", "EDMM=1", "AMX=1", "ENCLAVE_SIZE=16G", "SHM=1",
                        f"ACCELERATORS={SPLIT['accelerators']}",
                        f"ACCELERATOR_KEYS={SPLIT['accelerator_keys']}")
        self.assertEqual(run.returncode, 0, run.stderr)
        text = (self.work / "sotto.manifest").read_text()
        for line in ("sgx.max_threads = 73", "edmm_enable = true", 'amx = "required"',
                     'enclave_size = "16G"', '"--accelerator", "192.0.2.1:50051"', "untrusted_shm"):
            self.assertIn(line, text)

    def test_bad_size_is_refused_while_making(self):
        run = self.make("ENCLAVE_SIZE=6G")
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("power of two", run.stderr)
        self.assertFalse((self.work / "sotto.manifest").exists())

    def test_a_changed_variable_makes_the_manifest_again(self):
        self.assertEqual(self.make().returncode, 0)
        self.assertEqual(self.make("THREADS=7", "KEYED=1").returncode, 0)
        text = (self.work / "sotto.manifest").read_text()
        self.assertIn('"--threads", "7"', text)
        self.assertIn('"--key-file", "/data/model.key"', text)

    def test_a_model_of_ones_own_is_not_sealed_again(self):
        (self.work / "model.sotto").write_text("sealed elsewhere")
        run = self.make(f"WEIGHTS_ROOT={ROOT}", f"PROMPTS={SOURCE_DIR}/examples/prompts.txt")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual((self.work / "model.sotto").read_text(), "sealed elsewhere")
        text = (self.work / "sotto.manifest").read_text()
        self.assertIn(ROOT, text)
        self.assertIn('"--prompts", "/prompts.txt"', text)

    def test_without_gramine_one_clear_line(self):
        if real("gramine-manifest"):
            self.skipTest("SKIPPED: Gramine is installed")
        run = self.make("SGX=1", env=dict(os.environ))
        self.assertNotEqual(run.returncode, 0)
        lines = [l for l in run.stderr.splitlines() if not l.startswith("make")]
        self.assertEqual(len(lines), 1, run.stderr)
        self.assertRegex(lines[0], "^Gramine is not installed: .*gramine")


class RealTools(unittest.TestCase):

    def test_real_gramine_was_used(self):
        missing = [t for t in ("gramine-manifest", "gramine-sgx-sign") if not real(t)]
        if missing:
            self.skipTest(f"SKIPPED: not on PATH: {' '.join(missing)}; stand-ins were used")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
