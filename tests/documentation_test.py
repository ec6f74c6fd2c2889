"""Keeps the documents true: links lead somewhere, and every flag of the programs is documented.

Usage: documentation_test.py SOURCE_DIR BUILD_DIR.
"""

import functools
import pathlib
import re
import subprocess
import sys
import unittest

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
# A file of ours in a document, alone between backticks: `cli/main.cc`, `lane.h`; but `x.cc` and
# `NAME_fuzz.cc` stand for any.
FILE_NAME = re.compile(r"`(?!x\b|x_|[\w/]*NAME)([\w/]+\.(?:cc|h|py|sh|proto))`")
# A test of ours, or all of a suite: `LiesTest`, `ServerTest.DescribesItself`.
TEST_NAME = re.compile(r"`([A-Z]\w*\.[A-Z]\w*|[A-Z]\w*Test)`")
DEFINED_TEST = re.compile(r"^TEST(?:_F|_P)?\((\w+),\s+(\w+)\)", re.MULTILINE)
PROGRAMS = ["sotto", "sotto-accelerator", "sotto-audit", "sotto-bench", "sotto-measure"]
# A page that leaves the flags to sotto's: the program is the same but for what it may send.
LIKE_SOTTO = "sotto-measure"

# What an embedding program can meet: its user has no command line. `sotto` puts flags in the place of fields.
LIBRARIES = ["include", "src/base", "src/kernels", "src/model", "src/protocol", "src/trusted", "src/accelerator"]
# Where flags have their place: what programs say, and the text of `sotto model inspect`.
COMMAND_LINES = ["src/accelerator/flags.cc", "src/accelerator/main.cc", "src/model/inspect.cc"]
FLAG_IN_A_STRING = re.compile(r'^(?!\s*//).*"[^"\n]*--[a-z]', re.MULTILINE)

# Calls the completion as bash does, with stand-ins for what the bash-completion package defines.
COMPLETE = r"""
_init_completion() {
  words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
  cur=${words[cword]} prev=${words[cword - 1]}
}
_filedir() { COMPREPLY=(a-file); }
source "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
_sotto
printf '%s\n' "${COMPREPLY[@]}"
"""


def flags_of_help(text):
    """Long flags where a help text defines them: the first word of a line, commas in it."""
    words = re.findall(r"^\s+(-\S+)", text, re.MULTILINE)
    return {flag for word in words for flag in re.findall(r"--[a-z][a-z0-9-]*", word)}


def subcommands_of_help(text):
    listed = text.partition("\nSubcommands:\n")[2]
    return re.findall(r"^  ([a-z][a-z-]*)", listed, re.MULTILINE)


def programs_of_help(text):
    """Subcommands that are programs with a manual of their own: `sotto bench` is sotto-bench."""
    listed = text.partition("\nSubcommands:\n")[2]
    return re.findall(r"^  ([a-z]+) .*\(sotto-\1\)$", listed, re.MULTILINE)


@functools.cache
def help_of(program, command):
    return subprocess.run([program, *command, "--help"], capture_output=True, text=True, timeout=60,
                          check=True).stdout


def all_help(program, command=()):
    """The help text of a command and of all commands below it, by command."""
    texts = {tuple(command): help_of(program, command)}
    for name in subcommands_of_help(texts[tuple(command)]):
        texts |= all_help(program, (*command, name))
    return texts


def completions(words):
    run = subprocess.run(["bash", "-c", COMPLETE, "bash", SOURCE_DIR / "packaging/completion/sotto",
                          *words], capture_output=True, text=True, timeout=60, check=True)
    return set(run.stdout.split())


@functools.cache
def values(name, flag):
    """What the completion offers for a flag's value."""
    script = 'source "$1"; _sotto_values "$2" "$3"'
    run = subprocess.run(["bash", "-c", script, "bash", SOURCE_DIR / "packaging/completion/sotto", name,
                          flag], capture_output=True, text=True, timeout=60, check=True)
    return run.stdout.split()


# What a flag is refused without, whatever its value.
SPLIT = ["--split", "--accelerator=localhost:1"]
BESIDE = {"--attention-precision": ["--precision=bf16"], "--count-as": ["--corpus"], "--data-plane": SPLIT,
          "--offload": [*SPLIT, "--protection=plain"], "--prompts-format": ["--prompts=/dev/null"],
          "--protection": SPLIT, "--when-out": [*SPLIT, "--protection=pads"]}


def refusal(program, command, flag, value):
    """What the program says of a value, `value` cut out. It gets no further for want of a model or a server."""
    if program.name == "sotto-audit":
        arguments = [f"--model={SOURCE_DIR}/models/kjv-2m", *SPLIT[1:]]
    elif "random" in command:
        arguments = ["--out=/proc/none"] + ["--like=llama-3.2-1b"] * (flag != "--like")
    elif "connect" in command or "provision" in command:
        arguments = ["https://localhost:1", "--policy=/nonexistent", "--collateral=/nonexistent"]
    else:
        known = flags_of_help(help_of(program, command))
        arguments = ["--model=/nonexistent",
                     *(word for word in BESIDE.get(flag, []) if word.partition("=")[0] in known)]
    run = subprocess.run([program, *command, *arguments, flag, value], capture_output=True, text=True,
                         timeout=60, check=False, stdin=subprocess.DEVNULL)
    return run.stderr.replace(value, "VALUE")


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

    def test_named_files_exist(self):
        files = {"/" + file.relative_to(SOURCE_DIR).as_posix()
                 for folder in ["include", "src", "testing", "tests", "tools", "fuzz", "bench", "packaging",
                                "examples", "python"]
                 for file in (SOURCE_DIR / folder).rglob("*")}
        missing = []
        for page in [*SOURCE_DIR.glob("*.md"), *SOURCE_DIR.glob("docs/**/*.md")]:
            for name in FILE_NAME.findall(page.read_text(encoding="utf-8")):
                if not any(file.endswith("/" + name) for file in files):
                    missing.append(f"{page.relative_to(SOURCE_DIR)}: {name}")
        self.assertEqual(missing, [])

    def test_named_tests_exist(self):
        tests = set()
        for folder in ["src", "tests"]:
            for file in (SOURCE_DIR / folder).rglob("*_test.cc"):
                for suite, name in DEFINED_TEST.findall(file.read_text(encoding="utf-8")):
                    tests |= {suite, f"{suite}.{name}"}
        for page in [*SOURCE_DIR.glob("*.md"), *SOURCE_DIR.glob("docs/**/*.md")]:
            named = TEST_NAME.findall(page.read_text(encoding="utf-8"))
            with self.subTest(page=page.name):
                self.assertEqual(sorted(set(named) - tests), [])

    def test_manual_and_programs_have_the_same_flags(self):
        for name in PROGRAMS:
            manual = (SOURCE_DIR / f"packaging/man/{name}.1").read_text(encoding="utf-8")
            texts = all_help(BUILD_DIR / "bin" / name)
            elsewhere = programs_of_help(texts[()])
            known = set()
            for command, text in texts.items():
                if command and command[0] in elsewhere:
                    continue
                known |= flags_of_help(text)
                if name == LIKE_SOTTO:
                    continue
                with self.subTest(command=" ".join([name, *command])):
                    self.assertEqual(undocumented(flags_of_help(text), manual), [])
            named = set(re.findall(r"--[a-z][a-z0-9-]*", manual.replace("\\-", "-")))
            self.assertEqual(sorted(named - known), [], f"{name}.1 names flags that no command has")

    def test_completion_offers_every_flag_and_subcommand(self):
        for name in PROGRAMS:
            program = BUILD_DIR / "bin" / name
            for command, text in all_help(program).items():
                with self.subTest(command=" ".join([name, *command])):
                    offered = completions([program, *command, "--"])
                    self.assertEqual(sorted(flags_of_help(text) - offered), [])
                    subcommands = subcommands_of_help(text)
                    self.assertEqual(completions([program, *command, ""]),
                                     set(subcommands or ["a-file"]))

    def test_programs_take_the_values_that_completion_offers_and_no_others(self):
        for name in [program for program in PROGRAMS if program != LIKE_SOTTO]:
            program = BUILD_DIR / "bin" / name
            texts = all_help(program)
            elsewhere = programs_of_help(texts[()])
            for command, flag in [(command, flag) for command, text in texts.items()
                                  for flag in sorted(flags_of_help(text))]:
                offered = [] if command[:1] in [(e,) for e in elsewhere] else values(name, flag)
                refused = refusal(program, command, flag, "no-such-value") if offered else ""
                for value in offered:
                    with self.subTest(command=" ".join([name, *command, flag, value])):
                        self.assertTrue(flag in refused or "VALUE" in refused, refused)
                        self.assertNotEqual(refusal(program, command, flag, value), refused)

    def test_manuals_have_examples_and_every_variable_of_the_help(self):
        for name in PROGRAMS:
            manual = (SOURCE_DIR / f"packaging/man/{name}.1").read_text(encoding="utf-8")
            sections = dict(re.findall(r"^\.SH ([A-Z ]+)\n((?:(?!\.SH ).*\n)*)", manual, re.MULTILINE))
            self.assertIn("EXAMPLES", sections, name)
            self.assertIn("ENVIRONMENT", sections, name)
            if name == LIKE_SOTTO:
                continue
            texts = all_help(BUILD_DIR / "bin" / name)
            elsewhere = programs_of_help(texts[()])
            variables = {variable for command, text in texts.items()
                         if command[:1] not in [(e,) for e in elsewhere]
                         for variable in re.findall(r"(?:\[|Env:)([A-Z]+_[A-Z_]+)", text)}
            self.assertGreater(len(variables), 0, name)
            self.assertEqual(sorted(v for v in variables if v not in sections["ENVIRONMENT"]), [], name)

    def test_every_environment_variable_is_in_the_manual_and_the_readme(self):
        used = set()
        for file in (SOURCE_DIR / "src").rglob("*.cc"):
            if not file.name.endswith("_test.cc"):
                used |= set(re.findall(r'"((?:LLAMA|SOTTO)_[A-Z_]+)"', file.read_text("utf-8")))
        for page in ["README.md", "packaging/man/sotto.1"]:
            text = (SOURCE_DIR / page).read_text(encoding="utf-8")
            self.assertEqual(sorted(v for v in used if v not in text), [], page)

    def test_programs_say_their_own_name(self):
        for name in PROGRAMS:
            run = subprocess.run([BUILD_DIR / "bin" / name, "--version"], capture_output=True, text=True, timeout=60,
                                 check=True)
            self.assertEqual(run.stdout.split()[0], name)
            self.assertIn(f"Usage: {name} ", help_of(BUILD_DIR / "bin" / name, ()))

    def test_libraries_name_no_flag(self):
        named = []
        for folder in LIBRARIES:
            for file in (SOURCE_DIR / folder).rglob("*.*"):
                path = file.relative_to(SOURCE_DIR).as_posix()
                if file.suffix not in (".cc", ".h") or path.endswith("_test.cc") or path in COMMAND_LINES:
                    continue
                named += [f"{path}: {found}" for found in FLAG_IN_A_STRING.findall(file.read_text("utf-8"))]
        self.assertEqual(named, [])
        self.assertTrue(FLAG_IN_A_STRING.search('  return Error("no (--flag)");'))

    def test_a_missing_flag_would_be_found(self):
        text = ("Options:\n  -h,--help  Help\n  --model DIR  where\n"
                "  --model-x,--no-model-x{false}  with --other\n\n"
                "Subcommands:\n  inspect   Look\n")
        self.assertEqual(flags_of_help(text), {"--help", "--model", "--model-x", "--no-model-x"})
        self.assertEqual(subcommands_of_help(text), ["inspect"])
        self.assertEqual(programs_of_help(text + "  bench  Measure (sotto-bench)\n"), ["bench"])
        self.assertEqual(undocumented({"--model", "--model-x"}, r"\-\-model\-x"), ["--model"])


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument) for argument in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
