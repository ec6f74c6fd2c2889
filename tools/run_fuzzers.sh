#!/usr/bin/env bash
# run_fuzzers.sh BIN_DIR SECONDS: each fuzzer in turn for so long, from its committed corpus. New
# inputs go to build-fuzz/corpus; a finding stops the run and stays in build-fuzz/findings.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$1 seconds=$2

for fuzzer in "$bin"/*_fuzz; do
  name=$(basename "$fuzzer" _fuzz)
  mkdir -p "build-fuzz/corpus/$name" build-fuzz/findings
  echo "== $name"
  "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -verbosity=0 -artifact_prefix="build-fuzz/findings/$name-" \
    "build-fuzz/corpus/$name" "fuzz/corpus/$name"
done
