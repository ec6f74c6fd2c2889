#!/usr/bin/env python3
"""Sources that are compiled together have no name of an anonymous namespace in common.

The compiler refuses a name that is defined twice, but takes two functions of one name and other
parameters for overloads: a call could then reach the other file's.
Usage: unity_names_test.py SOURCE_DIR BUILD_DIR (configured with CMAKE_UNITY_BUILD).
"""
import collections
import pathlib
import re
import sys

# What begins at the first column, inside an anonymous namespace.
FUNCTION = re.compile(r"^(?:template <[^\n]*>\n)?[A-Za-z_][^\n=;#]*?\b(\w+)\([^;]*?\)[^;\n]*\{", re.M)
TYPE = re.compile(r"^(?:struct|class|enum class|enum) (\w+)", re.M)
CONSTANT = re.compile(r"^(?:constexpr|const|thread_local|static)\b[^\n(]*?\b(\w+)(?:\[\w*\])?(?: =|\{)",
                      re.M)


def anonymous_parts(text):
    return re.findall(r"^namespace \{$(.*?)^\}  // namespace$", text, re.M | re.S)


def names_of(text):
    """Functions, types and constants of anonymous namespaces. Tests are told apart by their suite,
    and aliases of two meanings are refused by the compiler."""
    names = {match.group(1) for part in anonymous_parts(text)
             for pattern in (FUNCTION, TYPE, CONSTANT) for match in pattern.finditer(part)}
    return names - {"TEST", "TEST_F", "TEST_P"}


def check_self():
    names = names_of("namespace {\n\nint F(int a,\n      int b) {\n  G();\n}\nstruct S {};\n"
                     "constexpr int kA = 1;\nTEST(A, B) {\n}  // namespace\nint Outside() {\n")
    assert names == {"F", "S", "kA"}, names


def clashes(sources):
    owner = {}
    for source in sources:
        for name in sorted(names_of(pathlib.Path(source).read_text())):
            if name in owner:
                yield f"{name}: {owner[name]} and {source}"
            owner[name] = source


def sources_in(unity, source_dir, build_dir):
    """Those of the source tree, also where a file that the build made includes them. A target that
    is no more may have left its file, with names of sources that are no more."""
    for included in re.findall(r'#include "([^"]+)"', unity.read_text()):
        if included.startswith(build_dir):
            made = pathlib.Path(included).read_text() if pathlib.Path(included).exists() else ""
            yield from (str(path) for name in re.findall(r'#include "([^"]+\.cc)"', made)
                        if (path := pathlib.Path(source_dir, name)).exists())
        elif included.startswith(source_dir) and pathlib.Path(included).exists():
            yield included


def main(source_dir, build_dir):
    check_self()
    targets = collections.defaultdict(list)
    for unity in sorted(pathlib.Path(build_dir).rglob("Unity/unity_*_cxx.cxx")):
        targets[unity.parent.parent].extend(sources_in(unity, source_dir, build_dir))
    if not targets:
        print("SKIPPED: the build compiles each source by itself")
        return 0
    found = [f"{target.stem}: {clash}" for target, sources in targets.items()
             for clash in clashes(sources)]
    print("\n".join(found) or f"{len(targets)} targets")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
