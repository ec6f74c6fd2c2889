"""The programs do not depend on the directory they are built in, and so neither does MRENCLAVE: sources
that name their own file are compiled in two directories, with the build's own commands, and give the
same objects; and neither program contains a path of the tree or of the build.

Usage: build_path_test.py SOURCE_DIR BUILD_DIR. Needs the programs built.
"""

import hashlib
import json
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

# With SOTTO_CHECK, which names file and line; and made by protoc, below the build directory.
SOURCES = ("src/base/thread_pool.cc", "src/protocol/shm_region.cc")
GENERATED = "src/protocol/generated/protocol/accelerator.pb.cc"


class BuildPath(unittest.TestCase):

    def test_programs_contain_no_path_of_the_tree(self):
        for name in ("sotto", "sotto-accelerator"):
            program = BUILD_DIR / "bin" / name
            if not program.exists():
                self.skipTest(f"SKIPPED: {program} is not built")
            data = program.read_bytes()
            for path in (SOURCE_DIR, BUILD_DIR):
                self.assertNotIn(f"{path}/".encode(), data, name)

    def test_the_program_of_the_enclave_has_no_library_path(self):
        program = BUILD_DIR / "bin/sotto"
        if not program.exists():
            self.skipTest(f"SKIPPED: {program} is not built")
        dynamic = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True)
        self.assertNotRegex(dynamic.stdout, r"\(R(UN)?PATH\)")

    def test_two_directories_give_the_same_objects(self):
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
            # Of different lengths.
            first, second = pathlib.Path(one) / "a", pathlib.Path(two) / "another/longer/name"
            for tree in (first, second):
                self.copy(tree)
            for source in (*SOURCES, GENERATED):
                with self.subTest(source):
                    self.assertEqual(self.compiled(source, first), self.compiled(source, second))

    @staticmethod
    def copy(tree):
        """Sources to `tree`, what the build generated of them to `tree`/build."""
        for folder in ("include", "src"):
            shutil.copytree(SOURCE_DIR / folder, tree / folder)
        generated = BUILD_DIR / "src/protocol/generated"
        shutil.copytree(generated, tree / "build/src/protocol/generated")

    @staticmethod
    def moved(text, tree):
        """`text` with the paths of `tree` and of `tree`/build."""
        return text.replace(str(BUILD_DIR), f"{tree}/build").replace(str(SOURCE_DIR), str(tree))

    @staticmethod
    def command_of(path):
        """The build's command for the source, or for those it is compiled with; and the file it compiles."""
        for entry in json.loads((BUILD_DIR / "compile_commands.json").read_text()):
            file = pathlib.Path(entry["file"])
            if file == path or (file.parent.name == "Unity" and f'"{path}"' in file.read_text()):
                return entry["command"], file
        raise AssertionError(f"{path} is not compiled")

    @staticmethod
    def copy_unity(unity, path, tree):
        """Several sources compiled as one; of them only `path`, as the others would cost minutes."""
        lines = [line for line in unity.read_text().splitlines()
                 if not line.startswith("#include") or line == f'#include "{path}"']
        copy = tree / "build" / unity.relative_to(BUILD_DIR)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(BuildPath.moved("\n".join(lines) + "\n", tree))

    @staticmethod
    def compiled(source, tree):
        """The hash of an object, compiled as the build does it but for the directories."""
        directory = BUILD_DIR if source == GENERATED else SOURCE_DIR
        command, file = BuildPath.command_of(directory / source)
        if file.parent.name == "Unity":
            BuildPath.copy_unity(file, directory / source, tree)
        words = shlex.split(BuildPath.moved(command, tree))
        output = words.index("-o") + 1
        (tree / "build" / words[output]).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(words, cwd=tree / "build", check=True, capture_output=True)
        return hashlib.sha256((tree / "build" / words[output]).read_bytes()).hexdigest()


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
