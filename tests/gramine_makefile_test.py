"""What packaging/gramine's Makefile makes, from what, and when again: with the stand-ins of
testing/gramine, Gramine installed or not. Where it is installed the manifest is rendered with the real
tool as well.

Usage: gramine_makefile_test.py SOURCE_DIR BUILD_DIR.
"""

import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

import tomli

from gramine_rendering import PACKAGING, PACKAGING_FILES, PADS, ROOT, SHARES, stand_in

SOURCE_DIR, BUILD_DIR = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
PROGRAM = BUILD_DIR / "bin/sotto"
MADE = ("sotto.manifest", "sotto.manifest.sgx", "sotto.sig")
OLD = 10**9  # 2001: older than anything that is made here.


def accelerators(of):
    return [f"ACCELERATORS={of['accelerators']}", f"ACCELERATOR_KEYS={of.get('accelerator_keys', '')}"]


def compile_c(text, *flags):
    subprocess.run(["gcc", "-x", "c", "-", *flags], input=text, text=True, check=True)


class Base(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        if not PROGRAM.exists():
            raise unittest.SkipTest("SKIPPED: build/bin/sotto is not built")
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.shared = pathlib.Path(temporary.name)
        cls.program = cls.shared / "program"
        stand_in.install(cls.shared / "gramine", PROGRAM)
        for library in (cls.shared / "gramine" / stand_in.RUNTIME).iterdir():
            library.write_text(f"stands for Gramine's {library.name}\n")  # The hash alone is used.
        compile_c("int one(void) { return 1; }", "-shared", "-o", cls.shared / "libone.so")
        # Does what `sotto` does, and is not copied, compared and hashed with 70 MB of libraries by each make.
        compile_c(f"""#include <unistd.h>
                  int one(void);
                  int main(int n, char** words) {{ return n + one() > 0 ? execv("{PROGRAM}", words) : 0; }}""",
                  "-o", cls.program, f"-L{cls.shared}", "-lone", f"-Wl,-rpath,{cls.shared}")

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.top = pathlib.Path(temporary.name)
        self.work = self.place("work")
        shutil.copytree(self.shared / "gramine", self.top / "gramine")
        self.environment = stand_in.environment(self.top / "gramine")

    def place(self, name):
        """A directory with packaging/gramine's files."""
        (self.top / name).mkdir()
        for file in PACKAGING_FILES:
            shutil.copy(PACKAGING / file, self.top / name)
        return self.top / name

    def make(self, *arguments, work=None, env=None):
        return subprocess.run(
            ["make", "--no-print-directory", "-C", work or self.work, f"PROGRAM={self.program}",
             f"MODEL_DIR={SOURCE_DIR}/models/kjv-2m", *arguments],
            env=env or self.environment, capture_output=True, text=True, check=False)

    def made(self, *arguments, **options):
        run = self.make(*arguments, **options)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run

    def refused(self, message, *arguments):
        run = self.make(*arguments)
        self.assertNotEqual(run.returncode, 0)
        self.assertIn(message, run.stderr)
        for name in MADE:
            self.assertFalse((self.work / name).exists(), name)

    def manifest(self):
        return tomli.loads((self.work / "sotto.manifest").read_text())

    def argv(self):
        return self.manifest()["loader"]["argv"]

    def value(self, flag):
        return self.argv()[self.argv().index(flag) + 1]

    def hash_of(self, uri):
        return {f["uri"]: f["sha256"] for f in self.manifest()["sgx"]["trusted_files"]}[uri]

    def signatures(self):
        return (self.work / "signed.log").read_text().splitlines()


class Variables(Base):

    def test_they_reach_the_manifest(self):
        self.made("THREADS=3", "EDMM=1", "AMX=1", "ENCLAVE_SIZE=16G", "SHM=1", "PRECISION=fixed",
                  "OBLIVIOUS=1", "LOGPROBS=1", "SAVE_LOGITS=1", "ISV_PROD_ID=7", "ISV_SVN=3",
                  *accelerators(PADS))
        sgx, words = self.manifest()["sgx"], self.argv()
        self.assertEqual(sgx["max_threads"], 3 + 66 + 4)
        self.assertTrue(sgx["edmm_enable"])
        self.assertEqual((sgx["cpu_features"]["amx"], sgx["enclave_size"]), ("required", "16G"))
        self.assertEqual((sgx["isvprodid"], sgx["isvsvn"]), (7, 3))
        self.assertIn({"type": "untrusted_shm", "path": "/dev/shm", "uri": "dev:/dev/shm"},
                      self.manifest()["fs"]["mounts"])
        self.assertEqual((self.value("--precision"), self.value("--protection")), ("fixed", "pads"))
        self.assertEqual(self.value("--accelerator"), "192.0.2.1:50051")
        for flag in ("--oblivious-embedding", "--logprobs", "--save-logits"):
            self.assertIn(flag, words)
        self.made("RECEIPT=1", "NONCE=" + "ef" * 32)
        self.assertEqual((self.value("--receipt"), self.value("--nonce")), ("/data/receipt.json", "ef" * 32))

    def test_shares(self):
        self.made(*accelerators(SHARES))
        self.assertEqual((self.value("--protection"), self.value("--data-plane")), ("shares", "tcp"))
        self.assertEqual(self.argv().count("--accelerator-key"), 2)

    def test_a_service(self):
        self.made("SERVE=0.0.0.0:8443", "RERANK=1", "THREADS=3")
        self.assertEqual(self.argv()[:2], ["sotto", "serve"])
        self.assertEqual((self.value("--listen"), self.value("--api-key-file")), ("0.0.0.0:8443", "/data/api_keys"))
        self.assertNotIn("--tls-key", self.argv())
        self.assertEqual(self.value("--rerank-template"), "/data/rerank_template")
        self.assertEqual(self.manifest()["sgx"]["max_threads"], 3 + 9)
        self.made("SERVE=0.0.0.0:8443", *accelerators(SHARES))
        self.assertEqual(self.value("--protection"), "shares")
        self.made("SERVE=0.0.0.0:8443", "TLS_NAMES=scores.example,192.0.2.7")
        self.assertEqual(self.value("--tls-name"), "scores.example,192.0.2.7")
        self.made("SERVE=0.0.0.0:8443", "CERTIFICATE=1")
        self.assertEqual((self.value("--tls-cert"), self.value("--tls-key")), ("/data/tls.crt", "/data/tls.key"))
        self.assertIn("CERTIFICATE=1 has its own", self.make("SERVE=0.0.0.0:8443", "CERTIFICATE=1", "TLS_NAMES=a").stderr)
        self.assertIn("need SERVE", self.make("CERTIFICATE=1").stderr)

    def test_a_service_whose_keys_are_brought(self):
        self.made("SERVE=0.0.0.0:8443", "AWAIT_PROVISIONING=1")
        self.assertIn("--await-provisioning", self.argv())
        self.assertNotIn("--api-key-file", self.argv())
        key = self.top / "owner.pem"
        key.write_text("a public key\n")
        self.made("SERVE=0.0.0.0:8443", "AWAIT_PROVISIONING=1", f"PROVISIONER_KEY={key}")
        self.assertEqual(self.value("--provisioner-key"), "/provisioner.pem")
        self.assertEqual((self.work / "provisioner.pem").read_text(), "a public key\n")
        self.assertIn("needs AWAIT", self.make("SERVE=0.0.0.0:8443", f"PROVISIONER_KEY={key}").stderr)
        self.assertIn("need SERVE", self.make("AWAIT_PROVISIONING=1").stderr)
        for other in (["CERTIFICATE=1"], ["KEYED=1", f"WEIGHTS_ROOT={ROOT}"]):
            self.assertIn("have keys in data", self.make("SERVE=0.0.0.0:8443", "AWAIT_PROVISIONING=1", *other).stderr)
        self.refused("--listen localhost:8443: must be", "SERVE=localhost:8443")
        for variable in ("LOGPROBS=1", "SAVE_LOGITS=1", "RECEIPT=1", "PROMPTS=prompts.txt"):
            self.assertIn("are of a prefill", self.make("SERVE=0.0.0.0:8443", variable).stderr)
        self.assertIn("need SERVE", self.make("RERANK=1").stderr)

    def test_bad_ones_are_refused_and_leave_no_manifest(self):
        self.refused("power of two", "ENCLAVE_SIZE=6G")
        for check in ("WEIGHTS_ROOT", "MODEL_SHA256", "NONCE", "PROVISIONER_KEY"):
            self.refused(f"{check} is empty", f"{check}=")
        self.assertIn("NONCE is empty", self.make(env=self.environment | {"NONCE": ""}).stderr)
        self.assertIn("covers the results alone", self.make("RECEIPT=1", "LOGPROBS=1").stderr)
        self.assertIn("NONCE needs RECEIPT=1", self.make("NONCE=" + "ef" * 32).stderr)
        self.refused("--nonce 'ef': must be", "RECEIPT=1", "NONCE=ef")
        self.refused("--precision 'fast': must be", "PRECISION=fast")
        self.refused("sgx.isvsvn: must be from 0 to 65535", "ISV_SVN=65536")
        self.refused("KEYED=1 needs WEIGHTS_ROOT", "KEYED=1")
        self.refused("--accelerator-key 'HEX': must be", accelerators(SHARES)[0],
                     "ACCELERATOR_KEYS=HEX HEX")
        self.refused("shares do not use shared memory", "SHM=1", *accelerators(SHARES))
        self.refused("nobody provisions the key 'prompts'", "DATA_KEY=prompts")

    def test_provisioning(self):
        self.refused("PROVISION needs PROVISION_CERTIFICATE", "PROVISION=192.0.2.9:4433", "DATA_KEY=prompts")
        (self.top / "c.crt").write_text("a certificate\n")
        certificate = f"PROVISION_CERTIFICATE={self.top}/c.crt"
        self.refused("must be the name of the key of /data", "PROVISION=192.0.2.9:4433", certificate)
        self.refused("must be ADDRESS:PORT", "PROVISION=a.example:4433", "DATA_KEY=prompts", certificate)
        self.made("PROVISION=192.0.2.9:4433", "DATA_KEY=prompts", certificate)
        environment = self.manifest()["loader"]["env"]
        self.assertEqual(environment["LD_PRELOAD"], "libsecret_prov_attest.so")
        self.assertEqual(environment["SECRET_PROVISION_SERVERS"], "192.0.2.9:4433")
        self.assertEqual(environment["SECRET_PROVISION_SET_KEY"], "prompts")
        before = self.hash_of("file:provision.crt")
        (self.top / "c.crt").write_text("another certificate\n")
        os.utime(self.top / "c.crt", (OLD, OLD))
        self.made("PROVISION=192.0.2.9:4433", "DATA_KEY=prompts", certificate)
        self.assertNotEqual(self.hash_of("file:provision.crt"), before)

    def test_a_refused_manifest_does_not_leave_the_last_one(self):
        self.made("SGX=1")
        self.refused("power of two", "SGX=1", "ENCLAVE_SIZE=6G")

    def test_a_model_of_ones_own_is_not_sealed_again(self):
        (self.work / "model.sotto").write_text("sealed elsewhere")
        self.made(f"WEIGHTS_ROOT={ROOT}", "KEYED=1", f"MODEL_SHA256={'cd' * 32}")
        self.assertEqual((self.work / "model.sotto").read_text(), "sealed elsewhere")
        self.assertEqual((self.value("--weights-root"), self.value("--key-file")),
                         (ROOT, "/data/model.key"))
        self.assertEqual(self.value("--model-sha256"), "cd" * 32)

    def test_no_file_of_ours_is_measured_by_where_it_lies(self):
        """Two directories give one manifest, and so one MRENCLAVE; of the real program and its libraries."""
        arguments = ["SGX=1", "DATE=2024-01-01", f"PROGRAM={PROGRAM}"]
        self.made(*arguments)
        other = self.place("another-directory-with-a-longer-name")
        self.made(*arguments, work=other)
        for name in MADE:
            self.assertEqual((self.work / name).read_bytes(), (other / name).read_bytes(), name)
        text = (self.work / "sotto.manifest").read_text()
        self.assertNotIn(str(self.work), text)
        self.assertNotIn(str(SOURCE_DIR), text)

    def test_without_gramine_one_clear_line(self):
        # PATH with what make's recipes need, wherever Gramine may be.
        tools = self.top / "tools"
        tools.mkdir()
        for tool in ("make", "sh", "echo", "ldd", "awk", "stat"):
            (tools / tool).symlink_to(shutil.which(tool))
        run = self.make("SGX=1", env=self.environment | {"PATH": str(tools)})
        self.assertNotEqual(run.returncode, 0)
        lines = [line for line in run.stderr.splitlines() if not line.startswith("make")]
        self.assertEqual(len(lines), 1, run.stderr)
        self.assertRegex(lines[0], "^Gramine is not installed: .*gramine")


class ReleasePage(Base):
    """What is published with a release."""

    def setUp(self):
        super().setUp()
        self.info = self.top / "sotto.buildinfo"
        self.info.write_text("commit " + "c" * 40 + "\nsource-date-epoch 1\nsha256 " + "d" * 64 +
                             " sotto\npackage libone 1.2-3 amd64\n")

    def page(self):
        return (self.work / "release.md").read_text()

    def test_it_says_what_is_measured_and_how_to_make_it_again(self):
        self.made("SGX=1", f"BUILDINFO={self.info}", "THREADS=3", "DATE=2024-01-01", *accelerators(SHARES))
        page = self.page()
        sig = (self.work / "sotto.sig").read_bytes()
        for line in (f"| `MRENCLAVE` | `{sig[960:992].hex()}` |", "The signature is of 2024-01-01",
                     "git checkout " + "c" * 40, "| `libone` | `1.2-3` | `amd64` |",
                     f"`{self.hash_of('file:sotto')}`", "`lib/libone.so`"):
            self.assertIn(line, page)
        command = next(line for line in page.splitlines() if line.startswith("make SGX=1 REPRODUCIBLE=1"))
        self.assertIn(f"'ACCELERATORS={SHARES['accelerators']}'", command)
        self.assertIn("THREADS=3", command)
        for name in ("DATE=", "PROGRAM=", "BUILDINFO="):
            self.assertNotIn(name, command)

    def test_the_command_it_names_makes_the_same_measurement(self):
        arguments = ["SGX=1", f"BUILDINFO={self.info}", "ENCLAVE_SIZE=16G", *accelerators(SHARES)]
        self.made(*arguments)
        command = next(line for line in self.page().splitlines() if line.startswith("make SGX=1"))
        measured = (self.work / "sotto.sig").read_bytes()[960:992]
        self.made("clean")
        self.made(*[word for word in shlex.split(command)[1:] if not word.startswith("REPRODUCIBLE")])
        self.assertEqual((self.work / "sotto.sig").read_bytes()[960:992], measured)

    def test_another_measurement_is_another_page(self):
        self.made("SGX=1", f"BUILDINFO={self.info}")
        before = self.page()
        self.made("SGX=1", f"BUILDINFO={self.info}", "THREADS=3")
        self.assertNotEqual(self.page(), before)

    def test_what_it_cannot_be_made_from_is_named(self):
        for name, text, message in (("sotto.sig", "text", "not a SIGSTRUCT"),
                                    ("sotto.buildinfo", "commit 1\n", 'has no line "sha256"'),
                                    ("sotto.manifest.sgx", "x = 1", "has no 'sgx'")):
            self.made("SGX=1")
            files = {"sotto.sig": self.work / "sotto.sig", "sotto.buildinfo": self.info,
                     "sotto.manifest.sgx": self.work / "sotto.manifest.sgx"}
            bad = self.top / "bad"
            bad.write_text(text)
            files[name] = bad
            run = subprocess.run(
                [PACKAGING / "release_page", "--sigstruct", files["sotto.sig"], "--manifest",
                 files["sotto.manifest.sgx"], "--buildinfo", files["sotto.buildinfo"]],
                capture_output=True, text=True, check=False)
            self.assertEqual((run.returncode, run.stdout), (1, ""))
            self.assertRegex(run.stderr, f"^release_page: {bad}: .*{message}.*\n$")


class MadeAgain(Base):
    """What changes is noticed by its contents."""

    def test_nothing_changed_nothing_signed(self):
        self.made("-j4", "SGX=1", "DATE=2024-01-01")
        times = {name: (self.work / name).stat().st_mtime_ns for name in MADE}
        self.made("-j4", "SGX=1", "DATE=2024-01-01")
        self.assertEqual(self.signatures(), ["signed with None of 2024-01-01"])
        self.assertEqual(times, {name: (self.work / name).stat().st_mtime_ns for name in MADE})

    def test_signatures_are_reproducible(self):
        self.made("SGX=1", "DATE=2024-01-01")
        signature = (self.work / "sotto.sig").read_bytes()
        self.made("clean")
        self.assertFalse((self.work / "sotto.sig").exists())
        self.made("SGX=1", "DATE=2024-01-01")
        self.assertEqual((self.work / "sotto.sig").read_bytes(), signature)

    def test_another_key_or_date_signs_again(self):
        for name in ("a.pem", "b.pem"):
            (self.top / name).write_text(f"the key {name}")
            os.utime(self.top / name, (OLD, OLD))
        made = []
        for arguments in (["DATE=2024-01-01"], ["DATE=2024-01-02"],
                          ["DATE=2024-01-02", f"KEY={self.top}/a.pem"],
                          ["DATE=2024-01-02", f"KEY={self.top}/b.pem"]):
            self.made("SGX=1", *arguments)
            made.append((self.work / "sotto.sig").read_bytes())
        (self.top / "b.pem").write_text("another key under the same name")
        os.utime(self.top / "b.pem", (OLD, OLD))
        self.made("SGX=1", "DATE=2024-01-02", f"KEY={self.top}/b.pem")
        made.append((self.work / "sotto.sig").read_bytes())
        self.assertEqual(len(set(made)), 5)
        self.assertEqual(len(self.signatures()), 5)

    def test_a_changed_variable_reaches_the_signature(self):
        self.made("SGX=1")
        self.made("SGX=1", "THREADS=7")
        self.assertEqual(self.value("--threads"), "7")
        self.assertEqual(len(self.signatures()), 2)
        self.assertEqual((self.work / "sotto.manifest.sgx").read_text(),
                         (self.work / "sotto.manifest").read_text())

    def test_an_upgraded_library_reaches_the_enclave_however_old_it_is(self):
        # Of a program that is linked with one library of ours; a package's files keep their times.
        libraries = self.top / "libraries"
        libraries.mkdir()
        program = self.top / "program"
        self.build(libraries, program, 1)
        arguments = [f"PROGRAM={program}", f"WEIGHTS_ROOT={ROOT}", "SGX=1"]
        (self.work / "model.sotto").write_text("sealed elsewhere")
        self.made(*arguments)
        before = self.hash_of("file:lib/libone.so")
        self.build(libraries, None, 2)
        os.utime(libraries / "libone.so", (OLD, OLD))
        self.made(*arguments)
        self.assertNotEqual(self.hash_of("file:lib/libone.so"), before)
        self.assertEqual((self.work / "lib/libone.so").read_bytes(),
                         (libraries / "libone.so").read_bytes())
        self.assertEqual(len(self.signatures()), 2)

    @staticmethod
    def build(libraries, program, value):
        compile_c(f"int one(void) {{ return {value}; }}", "-shared", "-o", libraries / "libone.so")
        if program is not None:
            compile_c("int one(void); int main(void) { return one(); }", "-o", program, "-lm",
                      f"-L{libraries}", "-Wl,--no-as-needed", "-lone", f"-Wl,-rpath,{libraries}")

    def test_an_upgraded_gramine_reaches_the_manifest(self):
        self.made("SGX=1")
        libos = self.top / "gramine/libsysdb.so"
        libos.write_text("the next version")
        os.utime(libos, (OLD, OLD))
        self.made("SGX=1")
        self.assertEqual(len(self.signatures()), 2)
        self.assertEqual(self.hash_of(f"file:{libos}"), self.manifest()["loader"]["entrypoint"]["sha256"])

    def test_other_prompts_under_the_same_name(self):
        for name, text in (("a.txt", "first\n"), ("b.txt", "second\n")):
            (self.top / name).write_text(text)
            os.utime(self.top / name, (OLD, OLD))
            self.made(f"PROMPTS={self.top}/{name}")
            self.assertEqual((self.work / "prompts.txt").read_text(), text)
            self.assertEqual(self.value("--prompts"), "/prompts.txt")

    def test_another_model_of_the_same_directory_is_sealed_anew(self):
        model = self.top / "model"
        shutil.copytree(SOURCE_DIR / "models/kjv-2m", model)
        self.made(f"MODEL_DIR={model}")
        root, sealed = self.value("--weights-root"), (self.work / "model.sotto").stat().st_mtime_ns
        self.made(f"MODEL_DIR={model}")
        self.assertEqual((self.work / "model.sotto").stat().st_mtime_ns, sealed)
        weights = bytearray((model / "model.safetensors").read_bytes())
        weights[-1] ^= 1
        (model / "model.safetensors").write_bytes(weights)
        os.utime(model / "model.safetensors", (OLD, OLD))
        self.made(f"MODEL_DIR={model}")
        self.assertNotEqual(self.value("--weights-root"), root)


class RealTools(Base):

    def test_the_manifest_of_the_real_tool_is_accepted(self):
        path = os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep)
                               if pathlib.Path(p) != stand_in.TOOLS)
        if shutil.which("gramine-manifest", path=path) is None:
            self.skipTest("SKIPPED: Gramine is not installed; the stand-ins were used")
        for arguments in ([], accelerators(SHARES), ["SHM=1", *accelerators(PADS)]):
            self.made(f"PROGRAM={PROGRAM}", *arguments, env=self.environment | {"PATH": path})


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
