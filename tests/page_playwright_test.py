"""The page of `sotto serve` under Playwright, and its TypeScript under the compiler: tools from npm,
which are asked for once and kept in the build directory. Without npm or a network both are skipped.

Usage: page_playwright_test.py SOURCE_DIR BUILD_DIR.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from headless_browser import CHROMIUM
from service_process import Server

TOOLS = {"playwright-core": "1.65.1", "typescript": "5.9.3"}


class PageTools(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.tools = BUILD_DIR / "page_test_tools"
        if not shutil.which("node") or not shutil.which("npm"):
            raise unittest.SkipTest("SKIPPED: node and npm are not installed")
        if all((cls.tools / "node_modules" / name).exists() for name in TOOLS):
            return
        cls.tools.mkdir(exist_ok=True)
        packages = [f"{name}@{version}" for name, version in TOOLS.items()]
        command = ["npm", "install", "--prefix", cls.tools, "--no-save", "--ignore-scripts", "--no-audit",
                   "--no-fund", "--fetch-retries=1", "--fetch-timeout=30000", *packages]
        fetched = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if fetched.returncode != 0:
            shutil.rmtree(cls.tools)
            raise unittest.SkipTest("SKIPPED: npm has no packages: " + fetched.stderr.strip()[-300:])

    def test_types(self):
        compiler = self.tools / "node_modules/typescript/bin/tsc"
        checked = subprocess.run(["node", compiler, "--project", SOURCE_DIR / "src/trusted/service/page"],
                                 capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout)

    def test_page(self):
        if not (BUILD_DIR / "bin/sotto").exists() or not CHROMIUM.exists():
            self.skipTest("SKIPPED: the programs are not built, or chromium is not installed")
        server = Server(BUILD_DIR, SOURCE_DIR / "models/kjv-2m", "--threads", "1")
        self.addCleanup(server.close)
        environment = dict(os.environ, NODE_PATH=str(self.tools / "node_modules"))
        run = subprocess.run(["node", SOURCE_DIR / "tests/page_playwright.cjs", server.url], env=environment,
                             capture_output=True, text=True, timeout=500, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = map(pathlib.Path, sys.argv[1:3])
    unittest.main(argv=sys.argv[:1])
