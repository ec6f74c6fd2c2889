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

from gramine_edits import edits
from gramine_mutants import ALL_MUTANTS
from gramine_rendering import (PACKAGING, PADS, PROVISION, SERVE, SERVE_AWAITING, SERVE_GIVEN, SERVE_OWNED, SHARED, SHARES, Workplace,
                               problems, problems_of_document, stand_in)

RELEASES = [{}, {"amx": "1"}, {"edmm": "1"}, {"threads": "32"}, {"oblivious": "1"}, {"keyed": "1"},
            {"prompts": "prompts.json"}, {"precision": "bf16"}, {"logprobs": "1", "save_logits": "1"},
            {"receipt": "1"}, SHARES | {"receipt": "1", "nonce": "ef" * 32},
            {"model_sha256": "cd" * 32}, {"data_key": "_sgx_mrenclave"}, PROVISION, SHARES, PADS, SHARED, SHARES | PROVISION, SERVE, SERVE | {"rerank": "1", "keyed": "1", "oblivious": "1"},
            SERVE | PROVISION, SERVE | SHARES, SERVE_GIVEN, SERVE_GIVEN | PROVISION,
            SERVE | {"tls_names": "scores.example,192.0.2.7"}, {"serve": "[::]:8443"},
            SERVE_AWAITING, SERVE_AWAITING | {"tls_names": "scores.example", "rerank": "1"}, SERVE_AWAITING | SHARES, SERVE_OWNED]


def io_threads(changes):
    return int(changes.get("io_threads", "0"))


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
        """As documents: the named mutants above are written and parsed, too."""
        count = 0
        for changes in ({}, SHARES, SHARED, PROVISION, SERVE, SERVE_OWNED, SERVE_GIVEN | {"rerank": "1"}, {"prompts": "prompts.json", "oblivious": "1",
                                                       "logprobs": "1", "keyed": "1"},
                        {"receipt": "1", "nonce": "ef" * 32}):
            release = tomli.loads(self.workplace.render(**changes))
            words = release["loader"]["argv"]
            for name, edit in edits(release):
                if name == f"drop loader.argv.{switch_at(words)}":
                    continue  # A release of its own.
                mutant = copy.deepcopy(release)
                edit(mutant)
                count += 1
                found = problems_of_document(mutant, self.directory, io_threads(changes))
                self.assertTrue(found, f"accepted: {name}, of {changes}")
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
        absent = subprocess.run([command[0], manifest.parent / "absent"], capture_output=True,
                                text=True, check=False)
        self.assertEqual(absent.returncode, 1)
        self.assertRegex(absent.stderr, "absent: cannot read: No such file or directory\n$")


class StandIns(unittest.TestCase):

    def test_without_their_gramine_they_say_what_they_are(self):
        environment = {k: v for k, v in os.environ.items() if k != stand_in.VARIABLE}
        run = subprocess.run([stand_in.TOOLS / "gramine-manifest", "a", "b"], env=environment,
                             capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 1)
        self.assertRegex(run.stderr, "^gramine-manifest: a stand-in for tests, [^\\n]*\\n$")


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
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
