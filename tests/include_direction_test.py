"""Enforces who may include whom, and what each shipped program and the Python module link.

The trusted side (src/trusted) and the untrusted side (src/accelerator) never include or link each
other; base, kernels and model know nothing above them; the engine knows neither protocol nor masks.
Usage: include_direction_test.py SOURCE_DIR BUILD_DIR. The checker is tested on broken trees first.
"""

import pathlib
import re
import sys
import tempfile
import unittest

# Folder -> what its files may include, as path prefixes below src/. The longest folder that matches
# a file counts; every file may include its own folder.
ALLOWED = {
    "base": [],
    "attest": ["base"],
    "http": ["base"],
    "kernels": ["base"],
    "model": ["base"],
    "protocol": ["base", "model"],
    "trusted/tokenizer": ["base", "model"],
    "trusted/linear": ["base", "kernels", "model"],
    "trusted/engine": ["base", "kernels", "model", "trusted/linear/linear.h",
                       "trusted/linear/embedding.h", "trusted/linear/matrix_products.h"],
    "trusted/split": ["base", "kernels", "model", "protocol", "trusted/linear"],
    "trusted/tee": ["attest", "base", "model"],
    "trusted/identity": ["attest", "base"],
    "trusted/api": ["base", "kernels", "model", "protocol", "trusted"],
    "trusted/service": ["attest", "base", "http", "model", "protocol/endpoint.h", "trusted/identity",
                        "trusted/tee/attester.h"],
    "trusted/service/page": ["base"],
    "connect": ["attest", "base", "http", "protocol/endpoint.h"],
    "accelerator": ["base", "kernels", "model", "protocol"],
    "accelerator/devices": ["base", "kernels", "accelerator/device.h"],
    "cli": ["attest", "base", "connect", "http", "kernels", "model", "protocol", "trusted"],
    "tools": ["base", "cli", "kernels", "model", "protocol", "trusted"],
}
# What tests may include besides: doubles, and the parts a test puts together. The two sides stay
# apart even there; tests that need both live in tests/.
ALLOWED_IN_TESTS = {
    "": ["testing"],
    "model": ["kernels"],
    "protocol": ["trusted/split/unprotected.h"],  # Only its classes can make rows to send.
    "accelerator/devices": ["accelerator/work_buffer.h", "protocol/keystream.h",
                            "protocol/keystream_kernels.h"],
    "trusted/linear": ["trusted/engine"],
    "trusted/engine": ["trusted/linear", "trusted/tokenizer"],
}
# Libraries only these folders may include, by the first component of the include.
ALLOWED_LIBRARIES = {
    "grpc": ["protocol", "accelerator"],
    "grpcpp": ["protocol", "accelerator"],
    "google": ["protocol", "accelerator"],
    "CL": ["accelerator/devices"],
    "cuda_runtime.h": ["accelerator/devices"],
    "cublasLt.h": ["accelerator/devices"],
    "boost": ["connect", "http", "trusted/service"],
    "toml++": ["attest"],
    "CLI": ["base/command_line.h", "cli", "tools", "accelerator"],
}

# What the Python module may include besides its own folder and the standard library.
PYTHON_MODULE_USES = ["absl/status", "pybind11", "sotto"]

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def folder_of(path):
    """The key of ALLOWED that governs `path` (relative to src/), or None."""
    matches = [folder for folder in ALLOWED if is_below(path, folder)]
    return max(matches, key=len) if matches else None


def is_below(path, prefix):
    return path == prefix or path.startswith(prefix + "/")


def is_test(path):
    return re.search(r"_(test|bench)(_util)?\.(cc|h)$", path) is not None


def include_errors(source_dir):
    """One line for every include of src/ that points the wrong way."""
    src = pathlib.Path(source_dir) / "src"
    errors = []
    for file in sorted(p for p in src.rglob("*") if p.suffix in (".cc", ".h", ".cu", ".proto")):
        path = file.relative_to(src).as_posix()
        folder = folder_of(path)
        if folder is None:
            if "/" in path:
                errors.append(f"{path}: a folder without a rule in include_direction_test.py")
            continue
        for quote, target in INCLUDE.findall(file.read_text(encoding="utf-8")):
            if not (may_include(path, folder, target) if quote == '"' else
                    may_use_library(path, target)):
                errors.append(f"{path} includes {target}")
    return errors


def may_include(path, folder, target):
    if "/" not in target:
        return may_use_library(path, target)
    allowed = [folder, "sotto"] + ALLOWED[folder]
    if is_test(path):
        allowed += ALLOWED_IN_TESTS[""] + ALLOWED_IN_TESTS.get(folder, [])
    tops = {f.split("/")[0] for f in ALLOWED} | {"testing", "tests", "fuzz", "bench"}
    if target.split("/")[0] not in tops:
        return may_use_library(path, target)
    return any(is_below(target, prefix) for prefix in allowed)


def may_use_library(path, target):
    users = ALLOWED_LIBRARIES.get(target.split("/")[0])
    return users is None or any(is_below(path, user) for user in users)


def python_module_errors(source_dir):
    """One line for every include of python/ beyond the public API."""
    errors = []
    folder = pathlib.Path(source_dir) / "python"
    for file in sorted(p for p in folder.rglob("*") if p.suffix in (".cc", ".h")):
        for quote, target in INCLUDE.findall(file.read_text(encoding="utf-8")):
            own = quote == '"' and (file.parent / target).exists() and "/" not in target
            standard = quote == "<"
            if not (own or standard or any(is_below(target, use) for use in PYTHON_MODULE_USES)):
                errors.append(f"{file.relative_to(source_dir)} includes {target}")
    return errors


# Program -> parts of the tree whose libraries it must not link.
FORBIDDEN_LINKS = {
    "sotto-accelerator": ["src/trusted/", "src/cli/", "testing/"],
    "sotto": ["src/accelerator/", "src/tools/", "testing/", "libsotto_plain", 
              "libsotto_protocol_plain"],
}


def link_errors(ninja_file):
    """One line for every library a shipped program must not link.

    Libraries are static, so a program's link rule names the whole closure of what it links.
    """
    text = ninja_file.replace("$\n", "")
    errors = []
    for program, forbidden in FORBIDDEN_LINKS.items():
        rule = re.search(rf"^build bin/{re.escape(program)}: (.*(?:\n  .*)*)", text, re.MULTILINE)
        if rule is None:
            continue
        for word in sorted(set(rule.group(1).split())):
            if any(part in word for part in forbidden) and word.endswith((".a", ".o")):
                errors.append(f"{program} links {word}")
    # The module has the library only, not its parts.
    rule = re.search(r"^build python/sotto/_native\S*: (.*(?:\n  .*)*)", text, re.MULTILINE)
    for word in sorted(set(rule.group(1).split())) if rule is not None else []:
        if word.startswith("src/") and word.endswith((".a", ".o")):
            errors.append(f"sotto/_native links {word}")
    return errors


class CheckerRefusesBrokenTrees(unittest.TestCase):
    """The checker itself: each wrong include or link must be found."""

    def errors(self, path, include):
        with tempfile.TemporaryDirectory() as tree:
            file = pathlib.Path(tree) / "src" / path
            file.parent.mkdir(parents=True)
            file.write_text(f"#include {include}\n", encoding="utf-8")
            return include_errors(tree)

    def test_wrong_directions(self):
        for path, include in [
                ("trusted/split/offloaded.cc", '"accelerator/device.h"'),
                ("trusted/split/offloaded_test.cc", '"accelerator/device.h"'),
                ("accelerator/service.cc", '"trusted/linear/linear.h"'),
                ("accelerator/service_test.cc", '"trusted/linear/linear.h"'),
                ("base/file.cc", '"model/config.h"'),
                ("kernels/gemm.cc", '"model/config.h"'),
                ("model/config.cc", '"trusted/engine/engine.h"'),
                ("attest/verify.cc", '"trusted/tee/platform.h"'),
                ("attest/verify.cc", '"model/sha256.h"'),
                ("connect/local_server.cc", '"trusted/service/http_server.h"'),
                ("trusted/service/http_server.cc", '"connect/connector.h"'),
                ("trusted/engine/engine.cc", '"protocol/session.h"'),
                ("trusted/engine/engine.cc", '"trusted/split/mask.h"'),
                ("trusted/engine/engine.cc", '"trusted/linear/local.h"'),
                ("trusted/engine/engine.cc", "<grpcpp/grpcpp.h>"),
                ("cli/main.cc", '"accelerator/device.h"'),
                ("cli/main.cc", '"testing/lying_accelerator.h"'),
                ("accelerator/devices/cpu.cc", '"protocol/messages.h"'),
                ("kernels/gemm.cc", "<CL/cl.h>"),
                ("novel/thing.cc", '"base/status.h"'),
        ]:
            with self.subTest(path=path, include=include):
                self.assertEqual(len(self.errors(path, include)), 1)

    def test_right_directions(self):
        for path, include in [
                ("trusted/engine/engine.cc", '"trusted/linear/linear.h"'),
                ("trusted/engine/engine_test.cc", '"trusted/linear/local.h"'),
                ("trusted/split/offloaded.cc", '"trusted/split/mask.h"'),
                ("accelerator/devices/opencl.cc", "<CL/cl.h>"),
                ("model/config_test.cc", '"testing/test_data.h"'),
                ("cli/main.cc", "<vector>"),
        ]:
            with self.subTest(path=path, include=include):
                self.assertEqual(self.errors(path, include), [])

    def test_wrong_links(self):
        rule = ("build bin/sotto-accelerator: LINK a.o | src/protocol/libsotto_protocol.a $\n"
                "    src/trusted/linear/libsotto_linear.a\n  LINK_LIBRARIES = -lz\n")
        self.assertEqual(link_errors(rule),
                         ["sotto-accelerator links src/trusted/linear/libsotto_linear.a"])
        self.assertEqual(link_errors(rule.replace("trusted/linear", "model")), [])

    def test_wrong_links_of_the_python_module(self):
        rule = "build python/sotto/_native.so: LINK python/a.o | src/base/libsotto_base.a src/libsotto.so.0\n"
        self.assertEqual(link_errors(rule), ["sotto/_native links src/base/libsotto_base.a"])

    def test_the_python_module_is_over_the_public_api(self):
        with tempfile.TemporaryDirectory() as tree:
            folder = pathlib.Path(tree) / "python"
            folder.mkdir()
            (folder / "own.h").write_text('#include <vector>\n#include "sotto/prefill.h"\n')
            (folder / "a.cc").write_text('#include "own.h"\n#include "pybind11/numpy.h"\n#include "base/status.h"\n')
            self.assertEqual(python_module_errors(tree), ["python/a.cc includes base/status.h"])


class ThisTree(unittest.TestCase):

    def test_includes(self):
        self.assertEqual(include_errors(SOURCE_DIR), [])
        self.assertEqual(python_module_errors(SOURCE_DIR), [])

    def test_links(self):
        ninja_file = pathlib.Path(BUILD_DIR) / "build.ninja"
        if not ninja_file.exists():
            self.skipTest("not a Ninja build")
        self.assertEqual(link_errors(ninja_file.read_text(encoding="utf-8")), [])


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1], verbosity=2)
