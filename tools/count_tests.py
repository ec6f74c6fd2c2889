"""Counts test cases over build directories; the last line is "N passed, N failed, N skipped".

CTest knows programs; a GoogleTest program writes test-results/NAME.xml with its cases. A program that
left no such file (a script, or a crash) counts as one case with CTest's verdict. Exits with 1 when
a case failed or nothing ran.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def count_cases(path):
    """(passed, failed, skipped names) of a GoogleTest result file."""
    passed, failed, skipped = 0, 0, []
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        if case.find("failure") is not None:
            failed += 1
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            skipped.append(f"{case.get('classname')}.{case.get('name')}")
        else:
            passed += 1
    return passed, failed, skipped


def count_program(results, program):
    """(passed, failed, skipped names) of one CTest entry."""
    name = program.get("name")
    program_failed = program.get("status") == "fail"
    file = results / f"{name}.xml"
    if not file.exists():
        if program.get("status") in ("notrun", "disabled"):
            return 0, 0, [name]
        return int(not program_failed), int(program_failed), []
    passed, failed, skipped = count_cases(file)
    if program_failed and failed == 0:  # Crashed, or a sanitizer spoke, after the last case.
        failed = 1
    return passed, failed, skipped


def main(directories):
    totals = [0, 0, 0]
    for directory in directories:
        results = pathlib.Path(directory) / "test-results"
        counts = [0, 0, 0]
        for program in ElementTree.parse(results / "ctest.xml").getroot().iter("testcase"):
            passed, failed, skipped = count_program(results, program)
            counts = [counts[0] + passed, counts[1] + failed, counts[2] + len(skipped)]
            for name in skipped:
                print(f"skipped in {directory}: {name}")
        print(f"{directory}: {counts[0]} passed, {counts[1]} failed, {counts[2]} skipped")
        totals = [a + b for a, b in zip(totals, counts)]
    print(f"{totals[0]} passed, {totals[1]} failed, {totals[2]} skipped")
    return 0 if totals[1] == 0 and totals[0] > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
