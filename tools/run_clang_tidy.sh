#!/usr/bin/env bash
# run_clang_tidy.sh BUILD_DIR: clang-tidy over every source of ours that the build compiles.
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files 'src/*.cc' 'testing/*.cc' 'fuzz/*.cc' |
  grep -F -x -f <(python3 -c '
import json, os, sys
for entry in json.load(open(sys.argv[1] + "/compile_commands.json")):
    print(os.path.relpath(os.path.join(entry["directory"], entry["file"])))' "$1") |
  xargs --max-args=1 --max-procs="$(nproc)" clang-tidy-14 --quiet -p "$1"
