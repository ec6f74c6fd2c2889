"""`make REPRODUCIBLE=1`: the same program, to the byte, wherever and whenever a commit is built.

Usage: reproducible_test.py SOURCE_DIR BUILD_DIR [--two-trees]. Without the flag, in seconds: what the
script passes on, and that archives and links do not depend on times. With it the commit that is
checked out is built twice, without ccache, in two places and at two times, and compared; that takes
as long as two builds of `sotto` (ctest -C two-trees -R two_trees).
"""

import hashlib
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

SCRIPT = "tools/reproducible_build.sh"
# In place of cmake: says what it was given, and "builds" what was there all the time.
CMAKE = """#!/bin/sh
{ echo "$*"; env; } >> "$HOME/cmake.log"
mkdir -p build-reproducible/bin && cp /bin/true build-reproducible/bin/sotto
"""
OLD = 10**9  # 2001


def run(*words, **options):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, **{"check": False, **options})


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


class Script(unittest.TestCase):

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.home = pathlib.Path(temporary.name)
        self.tree = self.home / "tree"
        (self.tree / "tools").mkdir(parents=True)
        for file in (SCRIPT, "packages.txt", ".gitignore"):
            shutil.copy(SOURCE_DIR / file, self.tree / file)
        (self.home / "bin").mkdir()
        (self.home / "bin/cmake").write_text(CMAKE)
        (self.home / "bin/cmake").chmod(0o755)
        self.environment = {"PATH": f"{self.home}/bin:{os.environ['PATH']}", "HOME": str(self.home),
                            "CXXFLAGS": "-march=native", "LC_ALL": "C", "GIT_COMMITTER_DATE": f"{OLD} +0000",
                            "GIT_CONFIG_GLOBAL": "/dev/null"}
        self.git("init", "--quiet")
        self.git("add", "-A")
        self.git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "a")

    def git(self, *words):
        done = run("git", "-C", self.tree, *words, env=self.environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def build(self):
        return run(self.tree / SCRIPT, env=self.environment)

    def test_it_builds_the_commit_whoever_builds_it(self):
        done = self.build()
        self.assertEqual(done.returncode, 0, done.stderr)
        log = (self.home / "cmake.log").read_text()
        commit = self.git("rev-parse", "HEAD")
        self.assertIn(f"--preset reproducible -DSOTTO_SOURCE_COMMIT={commit}", log)
        self.assertIn("--build build-reproducible --target sotto", log)
        self.assertIn(f"SOURCE_DATE_EPOCH={OLD}", log)
        self.assertIn("TZ=UTC", log)
        self.assertNotIn("-march", log)

    def test_what_it_was_made_of_is_listed(self):
        self.assertEqual(self.build().returncode, 0)
        lines = (self.tree / "build-reproducible/sotto.buildinfo").read_text().splitlines()
        self.assertEqual(lines[:3], [f"commit {self.git('rev-parse', 'HEAD')}", f"source-date-epoch {OLD}",
                                     f"sha256 {digest('/bin/true')} sotto"])
        packages = {line.split()[1] for line in lines[3:]}
        self.assertLessEqual({"g++-12", "libssl-dev", "libc6"}, packages)
        self.assertEqual(lines[3:], sorted(lines[3:]))

    def test_a_tree_that_is_not_the_commit_is_refused(self):
        for name in ("packages.txt", "novel.cc"):
            before = (self.tree / name).read_text() if (self.tree / name).exists() else None
            (self.tree / name).write_text("changed\n")
            done = self.build()
            self.assertEqual(done.returncode, 1)
            self.assertIn(name, done.stderr)
            self.assertFalse((self.home / "cmake.log").exists())
            if before is None:
                (self.tree / name).unlink()
            else:
                (self.tree / name).write_text(before)


class Build(unittest.TestCase):

    @staticmethod
    def commands(target):
        done = run("ninja", "-C", BUILD_DIR, "-t", "commands", "-s", target)
        return re.sub(r"^\[\d+/\d+\] ", "", done.stdout.strip())

    def made_again(self, target):
        """The bytes that its last command makes now of the same objects, in another place and older than they are."""
        with tempfile.TemporaryDirectory() as directory:
            place = pathlib.Path(directory)
            words = shlex.split(self.commands(target).replace("&&", " && ").replace(";", " ; "))
            for i, word in enumerate(words):
                path = BUILD_DIR / word
                if word == target or not re.search(r"\.(o|a)$", word) or not path.is_file():
                    continue
                (place / word).parent.mkdir(parents=True, exist_ok=True)
                if not (place / word).exists():
                    shutil.copy(path, place / word)
                    os.utime(place / word, (OLD + i, OLD + i))
            (place / target).parent.mkdir(parents=True, exist_ok=True)
            command = " ".join(word if word in ("&&", ";", ":") else shlex.quote(word) for word in words)
            done = run("sh", "-c", command, cwd=place)
            self.assertEqual(done.returncode, 0, done.stderr)
            return digest(place / target)

    def test_an_archive_depends_on_its_objects_alone(self):
        self.assertEqual(self.made_again("src/base/libsotto_base.a"), digest(BUILD_DIR / "src/base/libsotto_base.a"))

    def test_a_link_depends_on_its_objects_alone(self):
        if not (BUILD_DIR / "bin/sotto").exists():
            self.skipTest("SKIPPED: build/bin/sotto is not built")
        self.assertEqual(self.made_again("bin/sotto"), digest(BUILD_DIR / "bin/sotto"))

    def test_no_source_asks_for_the_time_of_its_compilation(self):
        sources = [path for folder in ("src", "include") for path in (SOURCE_DIR / folder).rglob("*")
                   if path.suffix in (".cc", ".h")]
        self.assertGreater(len(sources), 100)
        for path in sources:
            self.assertNotRegex(path.read_text(), r"__(DATE|TIME|TIMESTAMP)__", path)


class TwoTrees(unittest.TestCase):

    @staticmethod
    def program(tree, time, commit):
        """What `make REPRODUCIBLE=1` makes of a clone at `tree`, of `commit`, whose files are from `time`."""
        run("git", "clone", "--quiet", "--shared", SOURCE_DIR, tree, check=True)
        run("git", "-C", tree, "checkout", "--quiet", "--detach", commit, check=True)
        for path in tree.rglob("*"):
            if ".git" not in path.parts:
                os.utime(path, (time, time))
        done = run("make", "REPRODUCIBLE=1", cwd=tree, env={**os.environ, "CCACHE_DISABLE": "1"})
        if done.returncode != 0:
            raise AssertionError(done.stdout[-4000:] + done.stderr[-4000:])
        return (tree / "build-reproducible/bin/sotto").read_bytes()

    def test_they_give_the_same_program(self):
        # Somebody may commit in the hour between the two.
        commit = run("git", "-C", SOURCE_DIR, "rev-parse", "HEAD", check=True).stdout.strip()
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
            first = self.program(pathlib.Path(one, "a"), OLD, commit)
            second = self.program(pathlib.Path(two, "another/longer/name"), OLD + 86_400 * 365, commit)
            self.assertEqual(hashlib.sha256(first).hexdigest(), hashlib.sha256(second).hexdigest())


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    two_trees = "--two-trees" in sys.argv[3:]
    names = ["TwoTrees"] if two_trees else ["Script", "Build"]
    unittest.main(argv=[sys.argv[0], *names], verbosity=2)
