#!/usr/bin/env bash
# run_benchmarks.sh DIR: every Google Benchmark program of DIR; JSON goes beside it.
set -euo pipefail
for program in "$1"/*_bench; do
  "$program" --benchmark_out="$program.json" --benchmark_out_format=json
done
