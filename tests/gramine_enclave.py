"""What an enclave sees of the host, as a directory to chroot into: the files that the rendered
manifest mounts, under the paths it gives them, and the pseudo-files that Gramine has of its own.
"""

import os
import pathlib
import shutil
import signal
import subprocess

import tomli

from gramine_rendering import PACKAGING, PACKAGING_FILES, stand_in

# Gramine's own, without a mount: read only, and the same for every program.
PSEUDO_FILES = {
    "proc/meminfo": "MemAvailable: 8388608 kB\n", "dev/null": "",
    "dev/attestation/attestation_type": "dcap", "dev/attestation/keys/prompts": "",
    # A large host: gRPC makes as many threads as it ever will.
    "sys/devices/system/cpu/online": "0-63\n", "sys/devices/system/cpu/possible": "0-63\n"}
SHIM = r"""
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
static void note(const char* name) {
  int fd = open("/getenv.log", O_WRONLY | O_CREAT | O_APPEND, 0600);
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
TRACED = ("%file,%process,mmap,mprotect,socket,connect,bind,memfd_create,io_uring_setup,eventfd2,"
          "shmget")


def chroot_command(root):
    """How this user may enter `root`."""
    chroot = [shutil.which("chroot"), root]
    if os.geteuid() == 0:
        return chroot
    return [shutil.which("unshare"), "--user", "--map-root-user", *chroot]


def why_not():
    """Why nothing can be traced in a directory here; None if it can."""
    for tool in ("strace", "gcc", "chroot"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    if subprocess.run(["strace", "-f", "true"], capture_output=True, check=False).returncode != 0:
        return "this system does not permit strace"
    if subprocess.run([*chroot_command("/"), "true"], capture_output=True, check=False).returncode:
        return "this system does not permit chroot"
    return None


def children(pid):
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def run_command(command, environment, stderr, work):
    """Runs a command to its end. `work`, if it is given, is called once the program, a service, has
    written its first line; SIGTERM then ends it."""
    with open(stderr, "wb") as errors:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors)
    with process.stdout:
        if work is not None:
            line = process.stdout.readline()
            assert line.startswith(b"listening on "), line + stderr.read_bytes()
            try:
                work()
            finally:
                os.kill((children(process.pid) or [process.pid])[0], signal.SIGTERM)
        process.stdout.read()
    code = process.wait(timeout=120)
    assert code == 0, f"{code}: {stderr.read_text()}"


class Enclave:
    """Makes the manifest in `work` with packaging/gramine's Makefile, and the directory."""

    def __init__(self, work, source_dir, program, variables):
        self.work, self.root, self.program = work, work / "root", program
        self.stderr = ""  # Of the last trace().
        for name in PACKAGING_FILES:
            shutil.copy(PACKAGING / name, work)
        stand_in.install(work / "gramine", program)
        environment = stand_in.environment(work / "gramine")
        subprocess.run(["make", "-C", work, f"PROGRAM={program}",
                        f"MODEL_DIR={source_dir}/models/kjv-2m",
                        *(f"{k}={v}" for k, v in variables.items())],
                       env=environment, check=True, capture_output=True)
        self.text = (work / "sotto.manifest").read_text()
        self.manifest = tomli.loads(self.text)
        self._make_root()

    def mounts(self, *kinds):
        return [m for m in self.manifest["fs"]["mounts"] if m.get("type", "chroot") in kinds]

    def _make_root(self):
        for mount in self.mounts("chroot"):
            target = self.root / mount["path"].lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.work / mount["uri"].removeprefix("file:"), target)
        for mount in self.mounts("encrypted") + self.mounts("untrusted_shm"):
            (self.root / mount["path"].lstrip("/")).mkdir(parents=True, exist_ok=True)
        for path, text in PSEUDO_FILES.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text)
        # Where Linux looks for the loader. Gramine looks in LD_LIBRARY_PATH.
        (self.root / "lib64").symlink_to("lib")

    def environment(self, batch_size, length):
        passed = {"LLAMA_TEE_BATCH_SIZE": str(batch_size), "LLAMA_PREFILL_LENGTH": str(length)}
        return {name: passed[name] if isinstance(value, dict) else value
                for name, value in self.manifest["loader"]["env"].items()}

    def trace(self, work=None, **shape):
        """strace's report of one run, from the program's own execve() on. `work`: as run_command()."""
        log = self.work / "trace"
        # Gramine refuses eventfd unless a manifest allows it, insecurely.
        run_command(["strace", "-f", "-y", "-s", "200", "-o", log, "-e", f"trace={TRACED}",
                     "-e", "inject=eventfd2:error=ENOSYS", *chroot_command(self.root), *self._command()],
                    self.environment(**shape), self.work / "stderr", work)
        self.stderr = (self.work / "stderr").read_text()
        text = log.read_text()
        return text[text.index(f'execve("{self._command()[0]}"'):]

    def run(self, *arguments):
        """Another command of the program than the manifest's."""
        return subprocess.run([*chroot_command(self.root), self._command()[0], *arguments],
                              env={"LD_LIBRARY_PATH": "/lib"}, capture_output=True, text=True,
                              check=False)

    def variables_read(self, work=None, **shape):
        """The names of the variables that the program and its libraries ask for."""
        subprocess.run(["gcc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-x", "c", "-",
                        "-o", self.root / "shim.so", "-ldl"], input=SHIM, text=True, check=True)
        loader = ["/lib/ld-linux-x86-64.so.2", "--preload", "/shim.so"]
        run_command([*chroot_command(self.root), *loader, *self._command()], self.environment(**shape),
                    self.work / "stderr", work)
        return set((self.root / "getenv.log").read_text().split())

    def _command(self):
        return [self.manifest["libos"]["entrypoint"], *self.manifest["loader"]["argv"][1:]]
