"""Keeps the documents true: links lead somewhere, and every flag of the programs is documented.

Usage: documentation_test.py SOURCE_DIR BUILD_DIR.
"""

import pathlib
import re
import subprocess
import sys
import unittest

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
# Subcommands of each program whose --help is read.
COMMANDS = {
    "sotto": [[], ["prefill"], ["tokenize"], ["model"], ["model", "inspect"], ["model", "random"],
              ["model", "seal"], ["bench"], ["audit"]],
    "sotto-accelerator": [[]],
}


def flags_of_help(text):
    """Long flags where a help text defines them: at the start of a line."""
    return set(re.findall(r"^\s+(?:-\w,\s*)?(--[a-z][a-z0-9-]*)", text, re.MULTILINE))


def undocumented(flags, manual):
    plain = manual.replace("\\-", "-")
    return sorted(f for f in flags if not re.search(re.escape(f) + r"(?![a-z0-9-])", plain))


class Documents(unittest.TestCase):

    def test_links_lead_somewhere(self):
        broken = []
        for page in [*SOURCE_DIR.glob("*.md"), *SOURCE_DIR.glob("docs/**/*.md"),
                     *SOURCE_DIR.glob("packaging/**/*.md"), *SOURCE_DIR.glob("models/**/*.md")]:
            for target in LINK.findall(page.read_text(encoding="utf-8")):
                if "://" not in target and not (page.parent / target).exists():
                    broken.append(f"{page.relative_to(SOURCE_DIR)}: {target}")
        self.assertEqual(broken, [])

    def test_every_flag_is_in_the_manual(self):
        for name, commands in COMMANDS.items():
            program = BUILD_DIR / "bin" / name
            if not program.exists():
                continue
            manual = (SOURCE_DIR / f"packaging/man/{name}.1").read_text(encoding="utf-8")
            for command in commands:
                run = subprocess.run([program, *command, "--help"], capture_output=True, text=True,
                                     timeout=60, check=False)
                if run.returncode != 0:
                    continue
                with self.subTest(command=" ".join([name, *command])):
                    self.assertEqual(undocumented(flags_of_help(run.stdout), manual), [])

    def test_every_environment_variable_is_in_the_manual_and_the_readme(self):
        used = set()
        for file in (SOURCE_DIR / "src").rglob("*.cc"):
            if not file.name.endswith("_test.cc"):
                used |= set(re.findall(r'"((?:LLAMA|SOTTO)_[A-Z_]+)"', file.read_text("utf-8")))
        for page in ["README.md", "packaging/man/sotto.1"]:
            text = (SOURCE_DIR / page).read_text(encoding="utf-8")
            self.assertEqual(sorted(v for v in used if v not in text), [], page)

    def test_a_missing_flag_would_be_found(self):
        text = "Options:\n  -h,--help  Help\n  --model DIR  where\n  --model-x  other\n"
        self.assertEqual(flags_of_help(text), {"--help", "--model", "--model-x"})
        self.assertEqual(undocumented({"--model", "--model-x"}, r"\-\-model\-x"), ["--model"])


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument) for argument in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
