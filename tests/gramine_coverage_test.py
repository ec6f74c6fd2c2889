"""Runs sotto as the Gramine manifest would and compares: every file it opens is covered by the
manifest, everything the manifest lists is used, and no variable is read that could change a run
but is not in the manifest.

Usage: gramine_coverage_test.py SOURCE_DIR BUILD_DIR.
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
# What Gramine itself provides, or emulates, without a mount.
OF_GRAMINE = re.compile(r"/proc/(self/|meminfo|cpuinfo)|/sys/devices/system/(cpu|node)|/dev/(null|urandom|attestation)")
# Looked for by the host's own loader alone: Gramine's knows LD_LIBRARY_PATH only.
OF_HOST_LOADER = {"/etc/ld.so.cache", "/etc/ld.so.preload"}
# Variables of libraries that stay unset in the enclave, as they should: each has a safe default.
LEFT_UNSET = re.compile(
    r"^(OMP_|GOMP_|ACC_|GCC_|DNNL_|ONEDNN_|_DNNL|JIT|VTUNE|INTEL_|OPENSSL_|SSL_|CTLOG|RANDFILE|QLOGDIR"
    r"|SIMDJSON_|GRPC_|grpc_|GRPC|http|no_|HOME|TZ|LC_|LANG|LANGUAGE|NLSPATH|LOCPATH|OUTPUT_CHARSET"
    r"|POSIXLY_CORRECT|PWD|TMPDIR|VS_PROFILER|OCL_|OPENCL_|GLIBCXX_|MALLOC_|LIBC_|PATH|COLUMNS)")
SHIM = r"""
#include <dlfcn.h>
#include <stdio.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
static void note(const char* name) {
  int fd = open(GETENV_LOG, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (fd < 0) return;
  char line[256];
  int n = snprintf(line, sizeof(line), "%s\n", name);
  if (write(fd, line, n) != n) { }
  close(fd);
}
char* getenv(const char* name) {
  static char* (*real)(const char*);
  if (!real) real = (char* (*)(const char*))dlsym(RTLD_NEXT, "getenv");
  note(name);
  return real(name);
}
char* secure_getenv(const char* name) { return getenv(name); }
"""


def manifest_lines(text, begin):
    """The entries of one array of the manifest."""
    return re.search(re.escape(begin) + r" = \[\n(.*?)\n\]", text, re.DOTALL)[1]


class Coverage(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        for tool in ("strace", "gcc"):
            if shutil.which(tool) is None:
                raise unittest.SkipTest(f"SKIPPED: {tool} is not installed")
        if not (BUILD_DIR / "bin/sotto").exists():
            raise unittest.SkipTest("SKIPPED: build/bin/sotto is not built")
        if subprocess.run(["strace", "-f", "true"], capture_output=True).returncode != 0:
            raise unittest.SkipTest("SKIPPED: this system does not permit strace")
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        cls.work = pathlib.Path(cls.directory.name)
        cls.make_enclave_files()
        cls.manifest = (cls.work / "sotto.manifest").read_text()
        cls.run_traced()

    @classmethod
    def make_enclave_files(cls):
        for name in ("Makefile", "check_manifest", "sotto.manifest.template"):
            shutil.copy(PACKAGING / name, cls.work)
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
        environment["PATH"] += f":{STAND_INS}"
        subprocess.run(["make", "-C", cls.work, f"PROGRAM={BUILD_DIR}/bin/sotto",
                        f"MODEL_DIR={SOURCE_DIR}/models/kjv-2m"], env=environment, check=True,
                       capture_output=True)
        (cls.work / "data/prompts.jsonl").write_text('{"prompt": "In the beginning"}\n')

    @classmethod
    def inside(cls, argument):
        """A path of the enclave as the host's."""
        for begin in ("/data/", "/model.sotto"):
            if argument.startswith(begin):
                return f"{cls.work}{argument}"
        return argument

    @classmethod
    def run_traced(cls):
        argv = re.findall(r'"([^"]*)"', manifest_lines(cls.manifest, "loader.argv"))
        # The environment of the enclave; libraries come from the enclave's lib directory.
        fixed = dict(re.findall(r'^loader\.env\.(\w+) = "(.*)"$', cls.manifest, re.MULTILINE))
        passed = re.findall(r"^loader\.env\.(\w+) = \{ passthrough", cls.manifest, re.MULTILINE)
        environment = fixed | {name: "4" for name in passed}
        environment["LD_LIBRARY_PATH"] = str(cls.work / "lib")
        trace, cls.getenv_log = cls.work / "trace", cls.work / "getenv.log"
        shim = cls.work / "shim.so"
        subprocess.run(["gcc", "-shared", "-fPIC", f'-DGETENV_LOG="{cls.getenv_log}"', "-x", "c", "-",
                        "-o", shim, "-ldl", "-D_GNU_SOURCE"], input=SHIM, text=True, check=True)
        command = [str(cls.work / "sotto"), *map(cls.inside, argv[1:])]
        subprocess.run(["strace", "-f", "-o", trace, "-e", "trace=open,openat,execve,connect,socket,"
                        "memfd_create,io_uring_setup,fork,vfork,clone,clone3", *command],
                       env=environment, cwd="/", check=True, capture_output=True)
        subprocess.run(command, env=environment | {"LD_PRELOAD": str(shim)}, cwd="/", check=True,
                       capture_output=True)
        cls.trace = trace.read_text()
        cls.opened = {path for path, result in
                      re.findall(r'open(?:at)?\((?:AT_FDCWD, )?"([^"]*)".*= (-?\d+)', cls.trace)
                      if int(result) >= 0}

    def test_every_file_opened_is_covered(self):
        trusted = set(re.findall(r'"file:([^"]+)"', manifest_lines(self.manifest, "sgx.trusted_files")))
        covered = {str(self.work / path) for path in trusted | {"model.sotto"}}
        of_glibc = {os.path.basename(path) for path in trusted if path.startswith("/")}
        for path in self.opened:
            if path in covered or path in OF_HOST_LOADER or OF_GRAMINE.match(path):
                continue
            if path.startswith(f"{self.work}/data/") or os.path.basename(path) in of_glibc:
                continue
            self.fail(f"{path} is opened, but the manifest does not cover it")

    def test_every_library_listed_is_opened(self):
        used = {os.path.basename(path) for path in self.opened}
        used.add("ld-linux-x86-64.so.2")  # Mapped by execve.
        for path in re.findall(r'"file:([^"]+)"', manifest_lines(self.manifest, "sgx.trusted_files")):
            name = os.path.basename(path)
            if name not in ("sotto", "libsysdb.so"):
                self.assertIn(name, used, "is trusted, but not opened")

    def test_results_leave_through_the_encrypted_mount_only(self):
        self.assertTrue((self.work / "data/results.json").exists())
        written = re.findall(r'open(?:at)?\((?:AT_FDCWD, )?"([^"]*)", [^)]*O_(?:WRONLY|RDWR|CREAT)',
                             self.trace)
        self.assertTrue(written)
        for path in written:
            self.assertTrue(path.startswith(f"{self.work}/data/"), path)

    def test_variables(self):
        listed = set(re.findall(r"^loader\.env\.(\w+)", self.manifest, re.MULTILINE))
        read = set(self.getenv_log.read_text().split())
        for name in {name for name in listed if name.startswith("LLAMA_")}:
            self.assertIn(name, read, "is passed through, but not read")
        # Our own that are not listed stay unset: the fixed argv says what they would.
        ours = {name for name in read if name.startswith(("LLAMA_", "SOTTO_"))}
        unknown = {name for name in read - listed - ours if not LEFT_UNSET.match(name)}
        self.assertEqual(unknown, set(), "variables of libraries nobody has looked at")

    def test_nothing_gramine_lacks_is_used(self):
        for call in ("memfd_create(", "io_uring_setup(", "vfork(", "O_APPEND"):
            self.assertNotIn(call, self.trace)
        self.assertNotRegex(self.trace, r"\bfork\(")
        for line in re.findall(r"clone3?\(.*", self.trace):
            self.assertIn("CLONE_THREAD", line, "a process, not a thread")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
