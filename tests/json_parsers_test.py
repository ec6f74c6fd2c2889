"""Every file of src/ that parses JSON checks first how deeply it nests.

Usage: json_parsers_test.py SOURCE_DIR BUILD_DIR. The checker is tested on broken trees first.
"""

import pathlib
import re
import sys
import tempfile
import unittest

PARSES = re.compile(r"\b(?:ordered_)?[Jj]son::(?:parse|accept|sax_parse|from_\w+)\("
                    r"|simdjson::(?:dom::parser|ondemand)|\bJsonStringToMessage\(")
CHECKS = re.compile(r"\bCheckJsonDepth\(")


def unchecked_parsers(source_dir):
    """Files below src/, tests aside, that parse JSON of unknown depth."""
    src = pathlib.Path(source_dir) / "src"
    unchecked = []
    for file in sorted(p for p in src.rglob("*") if p.suffix in (".cc", ".h")):
        text = file.read_text(encoding="utf-8")
        is_test = re.search(r"_test(_util)?\.(cc|h)$", file.name)
        if not is_test and len(PARSES.findall(text)) > len(CHECKS.findall(text)):
            unchecked.append(file.relative_to(src).as_posix())
    return unchecked


class JsonParsers(unittest.TestCase):

    def unchecked(self, name, text):
        with tempfile.TemporaryDirectory() as tree:
            file = pathlib.Path(tree) / "src/model" / name
            file.parent.mkdir(parents=True)
            file.write_text(text, encoding="utf-8")
            return unchecked_parsers(tree)

    def test_checker_finds_parsers(self):
        for call in ["return Json::parse(text);", "nlohmann::json::parse(text, nullptr, false);",
                     "simdjson::dom::parser parser;", "nlohmann::ordered_json::from_cbor(bytes);"]:
            with self.subTest(call=call):
                self.assertEqual(self.unchecked("a.cc", call), ["model/a.cc"])
                checked = "CheckJsonDepth(text, source);\n" + call
                self.assertEqual(self.unchecked("a.cc", checked), [])
                self.assertEqual(self.unchecked("a.cc", checked + call), ["model/a.cc"])
                self.assertEqual(self.unchecked("a_test.cc", call), [])

    def test_this_tree(self):
        self.assertEqual(unchecked_parsers(SOURCE_DIR), [])


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1], verbosity=2)
