"""Installs into an empty directory and uses what came: programs, model, manual, documents, completion.

Usage: install_test.py SOURCE_DIR BUILD_DIR. Needs the programs built.
"""

import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAMS = ["sotto", "sotto-accelerator", "sotto-audit", "sotto-bench", "sotto-measure"]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")

# Stands in for bash-completion's own helpers, then completes the words it is given.
COMPLETE = r"""
_init_completion() { cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
                     words=("${COMP_WORDS[@]}") cword=$COMP_CWORD; }
_filedir() { :; }
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_sotto
printf '%s\n' "${COMPREPLY[@]}"
"""


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


class Installed(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        if not (BUILD_DIR / "bin/sotto").exists():
            raise unittest.SkipTest("the programs are not built")
        cls.temporary = tempfile.TemporaryDirectory()
        cls.prefix = pathlib.Path(cls.temporary.name)
        made = run("cmake", "--install", BUILD_DIR, "--prefix", cls.prefix)
        assert made.returncode == 0, made.stderr

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_the_program_finds_the_installed_model(self):
        output = self.prefix / "result.json"
        done = run(self.prefix / "bin/sotto", "prefill", "--output", output)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(output.read_text())["model"]["name"], "kjv-2m")

    def test_the_example_prompts_run(self):
        prompts = self.prefix / "share/doc/sotto/examples/prompts.txt"
        output = self.prefix / "examples.json"
        done = run(self.prefix / "bin/sotto", "prefill", "--prompts", prompts, "--output", output)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(output.read_text())["truncated"], 0)

    def test_manual_pages_are_whole(self):
        for program in PROGRAMS:
            with gzip.open(self.prefix / f"share/man/man1/{program}.1.gz", "rt") as file:
                self.assertIn(f".SH NAME\n{program} ", file.read())

    def test_links_of_installed_documents_lead_to_installed_files(self):
        pages = [*self.prefix.glob("share/doc/sotto/**/*.md"), *self.prefix.glob("share/sotto/**/*.md")]
        self.assertGreater(len(pages), 15)
        links = [(page, target) for page in pages
                 for target in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]
        self.assertIn("LICENSE", [target for _, target in links])
        self.assertEqual([f"{page.relative_to(self.prefix)}: {target}" for page, target in links
                          if not (page.parent / target).exists()], [])

    def test_the_unit_starts_what_was_installed(self):
        unit = self.prefix / "lib/systemd/system/sotto-accelerator.service"
        text = unit.read_text()
        self.assertNotRegex(text, "@|/usr/")
        program = re.search(r"^ExecStart=(\S+) \$SOTTO_ACCELERATOR_ARGS \$SOTTO_ACCELERATOR_TLS$", text, re.MULTILINE)[1]
        self.assertEqual(program, f"{self.prefix}/bin/sotto-accelerator")
        model = re.search(r'^Environment="SOTTO_ACCELERATOR_ARGS=--model (\S+)"$', text, re.MULTILINE)[1]
        self.assertEqual(run(program, "--version").returncode, 0)
        self.assertTrue(pathlib.Path(model, "config.json").is_file(), model)

    def test_systemd_understands_the_unit(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("SKIPPED: systemd-analyze is not installed")
        unit = self.prefix / "lib/systemd/system/sotto-accelerator.service"
        lines = run("systemd-analyze", "verify", "--man=no", unit).stderr.splitlines()
        # What it says of this unit; in a container it may complain of the system as well.
        self.assertEqual([line for line in lines if unit.name in line], [])

    def test_a_prefix_in_a_staging_directory_is_not_named_by_it(self):
        with tempfile.TemporaryDirectory() as stage:
            made = subprocess.run(["cmake", "--install", BUILD_DIR, "--prefix", "/usr/local"],
                                  env=os.environ | {"DESTDIR": stage}, capture_output=True, check=False)
            self.assertEqual(made.returncode, 0, made.stderr)
            unit = pathlib.Path(stage, "usr/local/lib/systemd/system/sotto-accelerator.service")
            self.assertIn("\nExecStart=/usr/local/bin/sotto-accelerator ", unit.read_text())

    def complete(self, program, *words):
        completion = self.prefix / "share/bash-completion/completions" / program
        words = [str(self.prefix / "bin" / program), *words]
        return run("bash", "-c", COMPLETE, "bash", completion, *words).stdout.split()

    def test_completion_knows_commands_flags_and_values(self):
        self.assertIn("prefill", self.complete("sotto", ""))
        self.assertIn("prefill", self.complete("sotto", "pre"))
        self.assertIn("--prefill-length", self.complete("sotto", "prefill", "--pre"))
        self.assertNotIn("--model", self.complete("sotto", "prefill", "--pre"))
        self.assertEqual(self.complete("sotto", "prefill", "--logits", "l"), ["last"])

    def test_each_program_completes_its_own_flags_and_values(self):
        self.assertEqual(self.complete("sotto-accelerator", "--form"), ["--formats"])
        self.assertEqual(self.complete("sotto-bench", "--lengths", "6"), [])
        for words, values in [
                (("sotto", "prefill", "--precision"), "auto f32 bf16 int8 fixed"),
                (("sotto", "prefill", "--protection"), "shares pads plain"),
                (("sotto-measure", "prefill", "--protection"), "shares pads plain"),
                (("sotto-accelerator", "--precision"), "f32 fastest"),
                (("sotto-audit", "--protection"), "auto shares pads plain"),
                (("sotto", "audit", "--protection"), "auto shares pads plain"),
                (("sotto", "bench", "--precisions"), "f32 bf16 int8 fixed auto")]:
            with self.subTest(words=words):
                self.assertEqual(self.complete(*words, ""), values.split())

    def test_completion_goes_on_after_a_comma_where_a_flag_takes_a_list(self):
        self.assertEqual(self.complete("sotto-bench", "--precisions", "f32,b"), ["f32,bf16"])
        self.assertEqual(self.complete("sotto-bench", "--protection", "pads,s"), ["pads,shares"])
        self.assertEqual(self.complete("sotto", "prefill", "--protection", "pads,s"), [])


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument) for argument in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
