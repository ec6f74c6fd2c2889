"""What the tests of the module share. Each is called with the source and the build directory; the
module comes from PYTHONPATH: build/python, or an installation."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
MODEL = SOURCE_DIR / "models/kjv-2m"

TEXTS = ["In the beginning", "And God said, Let there be light: and there was light.", "And"]


def command_line_scores(texts, *flags):
    """What `sotto prefill --logprobs` writes of the texts, a dict each."""
    with tempfile.TemporaryDirectory() as folder:
        prompts = pathlib.Path(folder, "prompts.json")
        prompts.write_text(json.dumps(texts))
        lines = pathlib.Path(folder, "lines.jsonl")
        subprocess.run([BUILD_DIR / "bin/sotto", "prefill", "--model", MODEL, "--prompts", prompts, "--output",
                        pathlib.Path(folder, "result.json"), "--logprobs", lines, *flags],
                       check=True, capture_output=True, timeout=300)
        return [json.loads(line) for line in lines.read_text().splitlines()]


def command_line_lines(command, lines, *flags, model=MODEL):
    """What `sotto COMMAND` writes of lines of JSON."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    done = subprocess.run([BUILD_DIR / "bin/sotto", command, "--model", model, *flags], input=text, check=True,
                          capture_output=True, text=True, timeout=300)
    return [json.loads(line) for line in done.stdout.splitlines()]


def run_python(script, *arguments, timeout=300):
    """A process of its own with the same module: for what would end this one."""
    return subprocess.run([sys.executable, "-c", script, *map(str, arguments)], capture_output=True, text=True,
                          timeout=timeout, check=False, env=os.environ)


def main():
    unittest.main(argv=sys.argv[:1], verbosity=2)
