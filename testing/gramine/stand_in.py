"""What the stand-ins of Gramine's tools share: where "Gramine" is, and how tests come to use them."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

TOOLS = pathlib.Path(__file__).resolve().parent
# The directory that stands for /usr/lib/x86_64-linux-gnu/gramine.
VARIABLE = "STAND_IN_GRAMINE"
RUNTIME = "runtime/glibc"
# What Gramine's library does before the program begins, but for the quote and the network: it reads the
# certificate, and puts a key of 16 bytes where Gramine takes the keys of encrypted mounts from.
PROVISION = r"""
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
__attribute__((constructor)) static void provision(void) {
  const char *on = getenv("SECRET_PROVISION_CONSTRUCTOR"), *servers = getenv("SECRET_PROVISION_SERVERS");
  const char *ca = getenv("SECRET_PROVISION_CA_CHAIN_PATH"), *name = getenv("SECRET_PROVISION_SET_KEY");
  char path[256], c;
  if (on == NULL || servers == NULL || ca == NULL || name == NULL) exit(1);
  unsetenv("SECRET_PROVISION_CONSTRUCTOR");
  int fd = open(ca, O_RDONLY);
  if (fd < 0 || read(fd, &c, 1) != 1) exit(1);
  close(fd);
  snprintf(path, sizeof(path), "/dev/attestation/keys/%s", name);
  fd = open(path, O_WRONLY);
  if (fd < 0 || write(fd, "a stand-in's key", 16) != 16) exit(1);
  close(fd);
}
"""


def gramine():
    """The directory that install() filled. A user who comes upon the tools is told what they are."""
    if os.environ.get(VARIABLE):
        return pathlib.Path(os.environ[VARIABLE])
    sys.exit(f"{os.path.basename(sys.argv[0])}: a stand-in for tests, which set {VARIABLE} "
             "(CONTRIBUTING.md); for an enclave install Gramine and take this directory off PATH")


def install(directory, program):
    """Fills `directory` with what the manifest needs of Gramine. The C library that `program` is
    linked with stands for Gramine's own, which would need Gramine below it."""
    runtime = directory / RUNTIME
    runtime.mkdir(parents=True)
    linked = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    for path in re.findall(r"(/\S+)", linked):
        if os.path.basename(path) in ("ld-linux-x86-64.so.2", "libc.so.6", "libm.so.6"):
            shutil.copy(path, runtime)
    # Of this one nothing but the hash is used.
    (directory / "libsysdb.so").write_text("stands for Gramine's libsysdb.so\n")
    subprocess.run(["gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", runtime / "libsecret_prov_attest.so"],
                   input=PROVISION, text=True, check=True)


def environment(directory):
    """An environment in which the stand-ins are found first, Gramine installed or not."""
    clean = {k: v for k, v in os.environ.items()
             if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "SGX")}
    return clean | {"PATH": f"{TOOLS}:{os.environ['PATH']}", VARIABLE: str(directory)}
