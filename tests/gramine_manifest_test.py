"""Renders the Gramine manifest and checks it: each release is accepted, each mutant of the document
refused: each by its own message, and whatever key or element is removed, altered or added.

Gramine's tools are the stand-ins of testing/gramine, which dump as the real ones do; what the real ones
made of this packaging is checked too where SOTTO_TEST_DATA has it.
Usage: gramine_manifest_test.py SOURCE_DIR BUILD_DIR.
"""

import copy
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import tomli
import tomli_w

from gramine_rendering import (PACKAGING, PADS, PROVISION, ROOT, SHARED, SHARES, Workplace, problems)

RELEASES = [{}, {"amx": "1"}, {"edmm": "1"}, {"threads": "32"}, {"oblivious": "1"}, {"keyed": "1"},
            {"prompts": "prompts.json"}, {"precision": "bf16"}, {"logprobs": "1", "save_logits": "1"},
            {"model_sha256": "cd" * 32}, {"data_key": "_sgx_mrenclave"}, PROVISION, SHARES, PADS, SHARED, SHARES | PROVISION]


def io_threads(changes):
    return int(changes.get("io_threads", "0"))


# Edits of a document, for the named mutants. A path is "sgx.debug", or "fs.mounts.0.path".
def holder(document, path):
    *tables, last = path.split(".")
    for name in tables:
        document = document[int(name)] if isinstance(document, list) else document[name]
    return document, int(last) if isinstance(document, list) else last


def put(path, value):
    def edit(document):
        table, key = holder(document, path)
        table[key] = value
    return edit


def drop(path):
    def edit(document):
        table, key = holder(document, path)
        del table[key]
    return edit


def shadow(key, value):
    """At the top, under one quoted key: "sgx.debug" beside [sgx]."""
    def edit(document):
        document[key] = value
    return edit


def append(path, value):
    def edit(document):
        table, key = holder(document, path)
        table[key].append(value)
    return edit


def argv(old, new):
    """Words of loader.argv, which must be there, become others."""
    def edit(document):
        words, wanted = document["loader"]["argv"], old.split()
        starts = [i for i in range(len(words)) if words[i:i + len(wanted)] == wanted]
        assert starts, old
        words[starts[0]:starts[0] + len(wanted)] = new.split()
    return edit


def mount(path, /, **changes):
    """Keys of the mount at `path`; None takes one away."""
    def edit(document):
        found = [m for m in document["fs"]["mounts"] if m["path"] == path]
        assert found, path
        for key, value in changes.items():
            found[0].pop(key, None) if value is None else found[0].update({key: value})
    return edit


def unmount(path):
    def edit(document):
        document["fs"]["mounts"] = [m for m in document["fs"]["mounts"] if m["path"] != path]
    return edit


def trusted(uri, /, **changes):
    def edit(document):
        found = [f for f in document["sgx"]["trusted_files"] if f["uri"] == uri]
        assert found, uri
        for key, value in changes.items():
            found[0].pop(key, None) if value is None else found[0].update({key: value})
    return edit


def distrust(uri):
    def edit(document):
        files = document["sgx"]["trusted_files"]
        document["sgx"]["trusted_files"] = [f for f in files if f["uri"] != uri]
    return edit


HASH = "0" * 64
# (an edit of the release manifest, what the refusal says).
MUTANTS = [
    (put("sgx.debug", True), "sgx.debug: must be False"),
    (drop("sgx.debug"), "sgx.debug: missing"),
    (put("sgx.debug", 0), "sgx.debug: must be False"),
    (put("sgx.remote_attestation", "none"), "sgx.remote_attestation: must"),
    (drop("sgx.remote_attestation"), "sgx.remote_attestation: missing"),
    (put("sgx.use_exinfo", False), "sgx.use_exinfo: must"),
    (put("sgx.nonpie_binary", True), "sgx.nonpie_binary: no longer"),
    (put("sgx.thread_num", 8), "sgx.thread_num: no longer"),
    (put("sgx.enable_stats", True), "sgx.enable_stats: must be False"),
    (put("sgx.isvprodid", 1), "sgx.isvprodid: must be 0"),
    (put("sgx.isvsvn", 1), "sgx.isvsvn: must be 0"),
    (put("sgx.file_check_policy", "allow_all_but_log"), "sgx.file_check_policy: not a key"),
    (put("sgx.insecure__rpc_thread_num", 4), "sgx.insecure__rpc_thread_num: insecure"),
    (put("sys.insecure__allow_eventfd", True), "sys.insecure__allow_eventfd: insecure"),
    (put("sys.disallow_subprocesses", False), "sys.disallow_subprocesses: must"),
    (drop("sys.disallow_subprocesses"), "sys.disallow_subprocesses: missing"),
    (put("sys.enable_sigterm_injection", False), "sys.enable_sigterm_injection: must"),
    (put("sys.enable_extra_runtime_domain_names_conf", True),
     "sys.enable_extra_runtime_domain_names_conf: not a key"),
    (put("sys.stack.size", "256K"), "sys.stack.size: must be '8M'"),
    (put("loader.log_level", "debug"), "loader.log_level: must be 'error'"),
    (put("loader.insecure__use_cmdline_argv", True), "loader.insecure__use_cmdline_argv: insecure"),
    (put("loader.insecure__use_host_env", True), "loader.insecure__use_host_env: insecure"),
    (put("loader.preload", "file:x.so"), "loader.preload: no longer"),
    (put("loader.argv_src_file", "file:argv"), "loader.argv_src_file: not a key"),
    (put("loader.env_src_file", "file:env"), "loader.env_src_file: not a key"),
    (put("loader.log_file", "log"), "loader.log_file: not a key"),
    (put("loader.other", {}), "loader.other: not a key"),
    (put("fs.insecure__keys", {"default": "00"}), "fs.insecure__keys.default: insecure"),
    (put("libos.entrypoint", "/bin/sh"), "libos.entrypoint: must"),
    (put("loader.entrypoint.sha256", HASH), "loader.entrypoint.sha256: not the hash"),
    (put("loader.entrypoint.uri", "file:other"), "is not Gramine's library OS"),
    (drop("loader.argv"), "loader.argv: missing"),
    (put("loader.argv", []), "must begin with sotto prefill"),
    (argv("prefill", "tokenize"), "must begin with sotto prefill"),
    (argv(ROOT, "ab" * 31), "--weights-root 'abab"),
    (argv("--weights-root", "--weights-toor"), "--weights-root must come where '--weights-toor'"),
    (argv(f"--weights-root {ROOT}", f"--weights-root={ROOT}"), "--weights-root must come where"),
    (argv(ROOT, f"{ROOT} --model-sha256 HEX"), "--model-sha256 'HEX': want"),
    (argv("/model.sotto", "/elsewhere"), "--model '/elsewhere': want"),
    (argv("/data/results.json", "/out/results.json"), "--output '/out/results.json': want"),
    (argv("/data/results.json", "/data/../x.json"), "--output '/data/../x.json': want"),
    (argv("/data/results.json", "-"), "--output '-': want"),
    (argv("/data/prompts.jsonl", "/prompts.jsonl"), "--prompts /prompts.jsonl: neither measured"),
    (argv("/data/prompts.jsonl", "/dev/stdin"), "--prompts '/dev/stdin': want"),
    (argv("--threads 2", "--threads many"), "--threads 'many': want"),
    (argv("--precision auto", "--precision f64"), "--precision 'f64': want"),
    (argv("--precision auto", ""), "--precision must come where the end stands"),
    (argv("--precision auto", "--prompt x --precision auto"), "--precision must come where '--prompt'"),
    (argv("--precision auto", "--progress never --precision auto"), "--precision must come where '--progress'"),
    (argv("--precision auto", "--precision auto --precision f32"), "'--precision' is not an argument"),
    # The spellings of the parser, beside --flag VALUE.
    (argv("--precision auto", "--precision auto --protection=plain"), "'--protection=plain' is not"),
    (argv("--precision auto", "--precision auto --prompt=x"), "'--prompt=x' is not an argument"),
    (argv("--precision auto", "--precision auto --output=/model.sotto"), "'--output=/model.sotto' is"),
    (argv("--precision auto", "--precision auto --save-logits=/dev/shm/l.npy"), "'--save-logits=/dev"),
    (argv("--precision auto", "--precision auto --logprobs=/dev/x"), "'--logprobs=/dev/x' is not"),
    (argv("--precision auto", "--precision auto --log-level=debug"), "'--log-level=debug' is not"),
    (argv("--precision auto", "--precision auto --pad-dir=/dev/shm"), "'--pad-dir=/dev/shm' is not"),
    (argv("--precision auto", "--precision auto --spl"), "'--spl' is not an argument"),
    (argv("--precision auto", "--precision auto x"), "'x' is not an argument of a release"),
    (argv("--precision auto", "--precision auto --save-logits /dev/shm/l.npy"), "--save-logits '/dev"),
    (argv("--precision auto", "--precision auto --key-file /key"), "--key-file '/key': want"),
    (argv("--precision auto", "--precision auto --split"), "--protection must come where the end"),
    (put("sgx.max_threads", 5), "sgx.max_threads: must be 6"),
    (put("sgx.enclave_size", "6G"), "must be a power of two"),
    (put("sgx.enclave_size", 8589934592), "must be a string such as"),
    (put("sgx.enclave_size", "64M"), "too small to load"),
    (put("sgx.edmm_enable", True), "sgx.preheat_enclave: invalid with"),
    (put("sgx.preheat_enclave", False), "must be true without sgx.edmm_enable"),
    (drop("sgx.preheat_enclave"), "both must be said"),
    (put("sgx.cpu_features.avx512", "unspecified"), "sgx.cpu_features.avx512: must"),
    (put("sgx.cpu_features.amx", "unspecified"), "sgx.cpu_features.amx: must be required or disabled"),
    (put("sgx.cpu_features.mpx", "required"), "sgx.cpu_features.mpx: must be 'disabled'"),
    (put("loader.env.MALLOC_ARENA_MAX", "8"), "loader.env.MALLOC_ARENA_MAX: must"),
    (put("loader.env.MALLOC_ARENA_MAX", {"passthrough": True}), "loader.env.MALLOC_ARENA_MAX: must"),
    (put("loader.env.LD_LIBRARY_PATH", "/tmp"), "loader.env.LD_LIBRARY_PATH: must be '/lib'"),
    (put("loader.env.OPENSSL_CONF", "/data/openssl.cnf"), "loader.env.OPENSSL_CONF: must be"),
    (drop("loader.env.OPENSSL_CONF"), "loader.env.OPENSSL_CONF: missing"),
    (put("loader.env.LLAMA_MODEL_PATH", "/x"), "loader.env.LLAMA_MODEL_PATH: the program does not"),
    (put("loader.env.LD_PRELOAD", {"passthrough": True}), "loader.env.LD_PRELOAD: must be 'libsecret"),
    (put("loader.env.LD_PRELOAD", "libsecret_prov_attest.so"), "nobody would provision the key"),
    (drop("loader.env.LLAMA_TEE_BATCH_SIZE"), "loader.env.LLAMA_TEE_BATCH_SIZE: missing"),
    (put("loader.env.LLAMA_TEE_BATCH_SIZE", "4"), "loader.env.LLAMA_TEE_BATCH_SIZE: must be"),
    (distrust("file:lib/libdnnl.so.2"), "file:lib/libdnnl.so.2 is mounted but not trusted"),
    (unmount("/lib/libdnnl.so.2"), "'file:lib/libdnnl.so.2': is mounted nowhere"),
    (append("sgx.trusted_files", {"uri": "file:secret.txt", "sha256": HASH}), "neither Gramine's nor"),
    (append("sgx.trusted_files", {"uri": "file:lib/", "sha256": HASH}), "a whole directory"),
    (append("sgx.trusted_files", {"uri": "dev:tty", "sha256": HASH}), "is not a file: URI"),
    (append("sgx.trusted_files", "file:sotto"), "sgx.trusted_files: must be a list of tables"),
    (append("sgx.trusted_files", {"uri": "file:/home/me/lib/libdnnl.so.2", "sha256": HASH}),
     "neither Gramine's nor a file of this directory"),
    (append("sgx.trusted_files", {"uri": "file:lib/../sotto", "sha256": HASH}), "neither Gramine's nor"),
    (trusted("file:sotto", sha256=None), "has no SHA-256: gramine-manifest writes one"),
    (trusted("file:sotto", sha256=HASH[1:]), "has no SHA-256: gramine-manifest writes one"),
    (trusted("file:sotto", sha256=HASH), "'file:sotto': the file's SHA-256 is "),
    (trusted("file:sotto", size=1), "has keys beside uri and sha256"),
    (append("sgx.allowed_files", "file:/etc/passwd"), "sgx.allowed_files: must be ['file:model.sotto']"),
    (put("sgx.allowed_files", []), "sgx.allowed_files: must be ['file:model.sotto']"),
    (append("sgx.allowed_files", "dev:/dev/shm"), "sgx.allowed_files: must be ['file:model.sotto']"),
    (shadow("sgx.debug", False), "'sgx.debug': a key must not hold a dot"),
    (shadow("loader.argv", ["/sotto"]), "'loader.argv': a key must not hold a dot"),
    (shadow("fs.mounts", []), "'fs.mounts': a key must not hold a dot"),
    (put("loader.env", {"A.B": "x"}), "loader.env.'A.B': a key must not hold a dot"),
    (put("fs.root.type", "chroot"), "fs.root.type: must"),
    (put("fs.root.uri", "file:/"), "fs.root.uri: not a key"),
    (mount("/data", path="/elsewhere"), "needs one encrypted mount"),
    (mount("/data", key_name=""), "nobody provisions the key ''"),
    (mount("/data", key_name="prompts"), "nobody provisions the key 'prompts'"),
    (mount("/data", key_name=None), "/data must be file:data with a key_name"),
    (mount("/data", insecure__key="00"), "/data must be file:data with a key_name"),
    (mount("/data", uri="file:/tmp"), "/data must be file:data with a key_name"),
    (mount("/sotto", key_name="x"), "/sotto: must have path and uri, and no other key"),
    (append("fs.mounts", {"type": "untrusted_fs", "path": "/x", "uri": "x"}), "type untrusted_fs of /x"),
    (unmount("/sotto"), "fs.mounts: /sotto is missing"),
    (append("fs.mounts", {"path": "/etc", "uri": "file:/etc"}), "file:/etc is mounted but not trusted"),
    (mount("/lib/libc.so.6", path="/lib/libm.so"), "must be mounted at /lib/libc.so.6, not at"),
    (append("fs.mounts", {"path": "/sotto", "uri": "file:sotto"}), "a path is mounted twice"),
    (append("fs.mounts", {"path": "/dev/shm", "type": "untrusted_shm", "uri": "dev:/dev/shm"}),
     "fs.mounts: shared memory that --data-plane does not use"),
    (append("fs.mounts", {"path": "/provision.crt", "uri": "file:provision.crt"}),
     "/provision.crt: no key is provisioned"),
]
# The same for a split manifest over TCP,
SHARES_MUTANTS = [
    (argv("--accelerator-key " + "02" * 32, ""), "want an --accelerator-key for each"),
    (argv("02" * 32, "HEX"), "--accelerator-key 'HEX': want"),
    (argv("02" * 32, "01" * 32), "--accelerator-key: the same twice"),
    (put("sgx.max_threads", 6), "sgx.max_threads: must be 70"),
    (argv("192.0.2.1:50051", "a.example:50051"), "--accelerator a.example:50051: want ADDRESS:PORT"),
    (argv("192.0.2.1:50051", "unix:/tmp/socket"), "--accelerator unix:/tmp/socket: want ADDRESS:PORT"),
    (argv("192.0.2.1:50051", "2001:db8::1:50051"), "2001:db8::1:50051: want ADDRESS:PORT"),
    (argv("192.0.2.1:50051", "[2001:db8::2]:50051"), "--accelerator: the same twice"),
    (argv("--data-plane grpc", "--retries 1"), "--data-plane must come where '--retries'"),
    (argv("--data-plane grpc", "--data-plane auto"), "shares never use shared memory"),
    (argv("--protection shares", "--protection plain"), "--protection 'plain': want"),
    (argv("--protection shares", "--protection pads"), "--protection must be shares with 2"),
    (argv("--protection shares", "--protection shares --protection=plain"), "must come where '--protec"),
    (argv("--precision auto", "--precision bf16"), "what is protected is computed in fixed"),
    (argv("--split", "--split --insecure-channels"), "must come where '--insecure-channels'"),
    (argv("--split", "--split=true"), "'--split=true' is not an argument"),
]
# for one with shared memory,
SHARED_MUTANTS = [
    (argv("--data-plane auto", "--data-plane grpc"), "shared memory that --data-plane does not use"),
    (put("sgx.allowed_files", ["file:model.sotto"]), "must be ['file:model.sotto', 'dev:/dev/shm']"),
    (mount("/dev/shm", uri="dev:/dev"), "must be dev:/dev/shm at /dev/shm"),
    (mount("/dev/shm", key_name="x"), "must be dev:/dev/shm at /dev/shm"),
    (unmount("/dev/shm"), "the shared memory of --data-plane is missing"),
]
# and for one whose key is provisioned.
PROVISION_MUTANTS = [
    (put("loader.env.LD_PRELOAD", "/lib/libsecret_prov_attest.so:x.so"), "LD_PRELOAD: must be 'libse"),
    (drop("loader.env.LD_PRELOAD"), "loader.env.LD_PRELOAD: missing"),
    (put("loader.env.SECRET_PROVISION_CONSTRUCTOR", "0"), "SECRET_PROVISION_CONSTRUCTOR: must be '1'"),
    (put("loader.env.SECRET_PROVISION_CA_CHAIN_PATH", "/data/ca"), "CA_CHAIN_PATH: must be"),
    (put("loader.env.SECRET_PROVISION_SERVERS", {"passthrough": True}), "nobody would provision"),
    (put("loader.env.SECRET_PROVISION_SERVERS", "keys.example:4433"), "want ADDRESS:PORT, IPv4"),
    (put("loader.env.SECRET_PROVISION_SERVERS", "[2001:db8::9]:4433"), "want ADDRESS:PORT, IPv4"),
    (put("loader.env.SECRET_PROVISION_SET_KEY", "_sgx_mrsigner"), "want the name of the key of /data"),
    (put("loader.env.SECRET_PROVISION_SET_KEY", "other"), "its key is 'prompts', and 'other' is what"),
    (put("loader.env.SECRET_PROVISION_SET_PF_KEY", "1"), "the program does not need this variable"),
    (unmount("/provision.crt"), "/provision.crt is missing"),
    (unmount("/lib/libsecret_prov_attest.so"), "/lib/libsecret_prov_attest.so is missing"),
    (mount("/data", key_name="_sgx_mrsigner"), "its key is '_sgx_mrsigner', and 'prompts' is what"),
]
ALL_MUTANTS = [({}, MUTANTS), (SHARES, SHARES_MUTANTS), (SHARED, SHARED_MUTANTS),
               (PROVISION, PROVISION_MUTANTS)]


def altered(value):
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    return value + ("x" if isinstance(value, str) else 1)


def edits(node, path=""):
    """(name, edit) for every key and element: taken away, altered, doubled; and for every table and
    list: one more."""
    keys = range(len(node)) if isinstance(node, list) else list(node)
    for key in keys:
        where = f"{path}.{key}".lstrip(".")
        yield f"drop {where}", drop(where)
        if isinstance(node, list):
            yield f"double {where}", append(path, node[key])
        if isinstance(node[key], (dict, list)):
            yield f"replace {where}", put(where, "x")
            yield from edits(node[key], where)
        else:
            yield f"alter {where}", put(where, altered(node[key]))
            yield f"retype {where}", put(where, [node[key]])
    if isinstance(node, dict):
        yield f"add to {path}", put(f"{path}.surplus".lstrip("."), True)
    else:
        yield f"append to {path}", append(path, "surplus" if keys and isinstance(node[0], str) else {})


def switch_at(words):
    """Where the one argument stands that may be left out alone."""
    return words.index("--oblivious-embedding") if "--oblivious-embedding" in words else None


class Checker(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.workplace = Workplace(pathlib.Path(temporary.name))
        cls.directory = cls.workplace.directory

    def found(self, document, changes):
        return problems(tomli_w.dumps(document), self.directory, io_threads(changes))

    def test_releases_are_accepted(self):
        for changes in RELEASES:
            with self.subTest(changes):
                text = self.workplace.render(**changes)
                self.assertEqual(problems(text, self.directory, io_threads(changes)), [])

    def test_named_mutants_are_refused_by_their_own_message(self):
        for changes, mutants in ALL_MUTANTS:
            release = tomli.loads(self.workplace.render(**changes))
            for edit, message in mutants:
                with self.subTest(message=message, of=changes):
                    mutant = copy.deepcopy(release)
                    edit(mutant)
                    found = self.found(mutant, changes)
                    self.assertTrue([line for line in found if message in line], found)

    def test_every_mutant_of_every_key_is_refused(self):
        count = 0
        for changes in ({}, SHARES, SHARED, PROVISION, {"prompts": "prompts.json", "oblivious": "1",
                                                       "logprobs": "1", "keyed": "1"}):
            release = tomli.loads(self.workplace.render(**changes))
            words = release["loader"]["argv"]
            for name, edit in edits(release):
                if name == f"drop loader.argv.{switch_at(words)}":
                    continue  # A release of its own.
                mutant = copy.deepcopy(release)
                edit(mutant)
                count += 1
                self.assertTrue(self.found(mutant, changes), f"accepted: {name}, of {changes}")
        self.assertGreater(count, 1000)

    def test_not_toml(self):
        self.assertRegex(problems("[sgx]\ndebug = \n")[0], "not TOML")

    def test_versions_are_those_asked_for(self):
        text = self.workplace.render(isv_prod_id="7", isv_svn="3")
        self.assertEqual(problems(text, self.directory, isv_prod_id=7, isv_svn=3), [])
        self.assertEqual(problems(text, self.directory), ["sgx.isvprodid: must be 0",
                                                          "sgx.isvsvn: must be 0"])

    def test_the_program_says_what_the_functions_find(self):
        self.workplace.render()
        manifest = self.directory / "sotto.manifest"
        command = [PACKAGING / "check_manifest", manifest]
        good = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual((good.returncode, good.stdout, good.stderr), (0, "", ""))
        (self.directory / "lib/libdnnl.so.2").write_text("another library\n")
        self.addCleanup((self.directory / "lib/libdnnl.so.2").write_text, "stands for lib/libdnnl.so.2\n")
        bad = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(bad.returncode, 1)
        self.assertRegex(bad.stderr, f"^{manifest}: sgx.trusted_files: 'file:lib/libdnnl.so.2': the "
                                     "file's SHA-256 is [0-9a-f]{64}\n$")
        without = subprocess.run([*command, "--without-files"], capture_output=True, check=False)
        self.assertEqual(without.returncode, 0)


class RealManifests(unittest.TestCase):
    """What gramine-manifest of Gramine 1.9 made of an earlier version of this packaging."""

    @classmethod
    def setUpClass(cls):
        data = os.environ.get("SOTTO_TEST_DATA")
        cls.files = sorted((pathlib.Path(data) / "gramine").glob("*.manifest")) if data else []
        if not cls.files:
            raise unittest.SkipTest("SKIPPED: no rendered manifests in SOTTO_TEST_DATA/gramine")
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.workplace = Workplace(pathlib.Path(temporary.name))

    def changes(self, document):
        words = document["loader"]["argv"]
        values = {flag: [words[i + 1] for i, word in enumerate(words) if word == flag]
                  for flag in ("--weights-root", "--accelerator", "--accelerator-key")}
        return {"weights_root": values["--weights-root"][0],
                "io_threads": "64" if "--split" in words else "0",
                "accelerators": " ".join(values["--accelerator"]),
                "accelerator_keys": " ".join(values["--accelerator-key"]),
                "shm": "1" if "auto" in words else "0"}

    def test_the_stand_in_dumps_as_the_real_tool(self):
        for path in self.files:
            text = path.read_text()
            document = tomli.loads(text)
            self.assertEqual(tomli_w.dumps(document), text, path.name)
            ours = tomli.loads(self.workplace.render(**self.changes(document)))
            self.assertEqual(skeleton(ours), skeleton(document), path.name)

    def test_they_are_accepted_once_the_arguments_are_todays(self):
        for path in self.files:
            document = tomli.loads(path.read_text())
            changes = self.changes(document)
            ours = tomli.loads(self.workplace.render(**changes))
            document["loader"]["argv"] = ours["loader"]["argv"]
            self.assertEqual(problems(tomli_w.dumps(document), None, int(changes["io_threads"])), [])


def skeleton(node):
    """Which keys there are, and of what type their values; of a list, the types of its elements."""
    if isinstance(node, dict):
        return {key: skeleton(value) for key, value in node.items()}
    if isinstance(node, list):
        return {str(skeleton(entry)) for entry in node}
    return type(node).__name__


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
