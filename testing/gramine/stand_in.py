"""What the stand-ins of Gramine's tools share: where "Gramine" is, and how tests come to use them."""

import os
import pathlib
import re
import shutil
import subprocess

TOOLS = pathlib.Path(__file__).resolve().parent
# The directory that stands for /usr/lib/x86_64-linux-gnu/gramine.
VARIABLE = "STAND_IN_GRAMINE"
RUNTIME = "runtime/glibc"
# Of these nothing but the hash is used.
PLACEHOLDERS = ("libsysdb.so", f"{RUNTIME}/libsecret_prov_attest.so")


def install(directory, program):
    """Fills `directory` with what the manifest needs of Gramine. The C library that `program` is
    linked with stands for Gramine's own, which would need Gramine below it."""
    runtime = directory / RUNTIME
    runtime.mkdir(parents=True)
    linked = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    for path in re.findall(r"(/\S+)", linked):
        if os.path.basename(path) in ("ld-linux-x86-64.so.2", "libc.so.6", "libm.so.6"):
            shutil.copy(path, runtime)
    for name in PLACEHOLDERS:
        (directory / name).write_text(f"stands for Gramine's {name}\n")


def environment(directory):
    """An environment in which the stand-ins are found first, Gramine installed or not."""
    clean = {k: v for k, v in os.environ.items()
             if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "SGX")}
    return clean | {"PATH": f"{TOOLS}:{os.environ['PATH']}", VARIABLE: str(directory)}
