#!/usr/bin/env bash
# run_fuzzers.sh BIN_DIR SECONDS [EXECUTIONS]: each fuzzer in turn for so long, or so many times if
# that is less, from its committed corpus. New inputs go to build-fuzz/corpus; a finding stops the run
# and stays in build-fuzz/findings. Inputs may grow to 16 KiB: well beyond what JSON may nest, what
# the windows of regular expressions hold, and what a header of any kind takes.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$1 seconds=$2 executions=${3:--1}

for fuzzer in "$bin"/*_fuzz; do
  name=$(basename "$fuzzer" _fuzz)
  mkdir -p "build-fuzz/corpus/$name" build-fuzz/findings
  echo "== $name"
  "$fuzzer" -max_total_time="$seconds" -runs="$executions" -max_len=16384 -timeout=10 \
    -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 -artifact_prefix="build-fuzz/findings/$name-" \
    "build-fuzz/corpus/$name" "fuzz/corpus/$name"
done
