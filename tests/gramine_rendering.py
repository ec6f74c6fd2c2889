"""Renders packaging/gramine's manifest with the stand-ins of testing/gramine, for tests, and calls
its checker."""

import argparse
import importlib.machinery
import importlib.util
import pathlib
import subprocess
import sys

SOURCE_DIR = pathlib.Path(__file__).resolve().parent.parent
PACKAGING = SOURCE_DIR / "packaging/gramine"
# What of it a directory needs to make a manifest in.
PACKAGING_FILES = ("Makefile", "check_manifest", "manifest_argv.py", "manifest_files.py", "release_page", "sigstruct.py",
                   "sotto.manifest.template")
sys.dont_write_bytecode = True
sys.path += [str(SOURCE_DIR / "testing/gramine"), str(PACKAGING)]

import stand_in  # pylint: disable=wrong-import-position

ROOT = "ab" * 32
LIBRARIES = ("libdnnl.so.2", "libstdc++.so.6")
VARIABLES = {
    "weights_root": ROOT, "model_sha256": "", "threads": "2", "io_threads": "0", "enclave_size": "8G", "edmm": "0",
    "amx": "0", "precision": "auto", "oblivious": "0", "logprobs": "0", "save_logits": "0", "receipt": "0", "nonce": "",
    "keyed": "0", "data_key": "_sgx_mrsigner", "provision": "", "prompts": "", "shm": "0",
    "serve": "", "rerank": "0", "certificate": "0", "tls_names": "", "await_provisioning": "0", "provisioner": "0",
    "accelerators": "", "accelerator_keys": "", "libraries": " ".join(LIBRARIES),
    "runtime_libraries": "ld-linux-x86-64.so.2 libc.so.6 libm.so.6", "isv_prod_id": "0",
    "isv_svn": "0"}
SHARES = {"accelerators": "192.0.2.1:50051 [2001:db8::2]:50051",
          "accelerator_keys": f"{'01' * 32} {'02' * 32}", "io_threads": "64"}
PADS = {"accelerators": "192.0.2.1:50051", "io_threads": "64"}
SHARED = PADS | {"shm": "1"}
SERVE = {"serve": "0.0.0.0:8443"}
SERVE_GIVEN = SERVE | {"certificate": "1"}  # With a certificate of the owner's.
SERVE_AWAITING = SERVE | {"await_provisioning": "1"}  # Whose keys are brought,
SERVE_OWNED = SERVE_AWAITING | {"provisioner": "1"}  # by their owner alone.
PROVISION = {"provision": "192.0.2.9:4433", "data_key": "prompts"}


def load_checker():
    """packaging/gramine/check_manifest as a module; a program has no .py to import it by."""
    loader = importlib.machinery.SourceFileLoader("check_manifest", str(PACKAGING / "check_manifest"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


CHECKER = load_checker()


class Workplace:
    """A directory with the files that a manifest lists, and a stand-in of Gramine beside it."""

    def __init__(self, directory):
        self.directory, gramine = directory / "work", directory / "gramine"
        self.rendered = {}
        (self.directory / "lib").mkdir(parents=True)
        stand_in.install(gramine, sys.executable)
        # Nothing is run: of the C library, too, the hash alone is used, once for each mutant.
        for library in (gramine / stand_in.RUNTIME).iterdir():
            library.write_text(f"stands for Gramine's {library.name}\n")
        self.environment = stand_in.environment(gramine)
        for name in ("sotto", "provision.crt", "provisioner.pem", "prompts.json", *(f"lib/{l}" for l in LIBRARIES)):
            (self.directory / name).write_text(f"stands for {name}\n")

    def render(self, **changes):
        """The manifest's text, which its file then holds; what was rendered before is not anew."""
        manifest, key = self.directory / "sotto.manifest", tuple(sorted(changes.items()))
        if key not in self.rendered:
            definitions = [f"-D{k}={v}" for k, v in (VARIABLES | changes).items()]
            subprocess.run(["gramine-manifest", *definitions, PACKAGING / "sotto.manifest.template", manifest],
                           cwd=self.directory, env=self.environment, check=True, capture_output=True)
            self.rendered[key] = manifest.read_text(encoding="utf-8")
        manifest.write_text(self.rendered[key], encoding="utf-8")
        return self.rendered[key]


def problems(text, directory=None, io_threads=0, isv_prod_id=0, isv_svn=0):
    """What the checker has against a manifest; hashes are compared if a directory is given."""
    return CHECKER.check(text, options_of(io_threads, isv_prod_id, isv_svn), directory)


def problems_of_document(document, directory=None, io_threads=0):
    """The same of a manifest that is parsed, which is most of the work."""
    return CHECKER.check_document(document, options_of(io_threads), directory)


def options_of(io_threads, isv_prod_id=0, isv_svn=0):
    return argparse.Namespace(io_threads=io_threads, isv_prod_id=isv_prod_id, isv_svn=isv_svn)
