"""The Python of the documents runs: the blocks of each page, one after the other, in the source directory."""

import os
import re
import unittest

import sotto_test_util as util

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = {"README.md": 1, "docs/python.md": 3}


class Documents(unittest.TestCase):

    def test_blocks_run(self):
        os.chdir(util.SOURCE_DIR)
        for page, expected in PAGES.items():
            blocks = BLOCK.findall((util.SOURCE_DIR / page).read_text(encoding="utf-8"))
            self.assertEqual(len(blocks), expected, page)
            # A server is wanted by one that only makes a model; split_test.py does that.
            script = "\n".join(block for block in blocks if "SplitOptions" not in block)
            done = util.run_python(script)
            self.assertEqual(done.returncode, 0, f"{page}: {done.stderr}")
            self.assertLess(float(done.stdout.split()[0]), 0)


if __name__ == "__main__":
    util.main()
