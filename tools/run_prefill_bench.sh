#!/usr/bin/env bash
# run_prefill_bench.sh BUILD [FLAG...]: `sotto bench` on a random model of Llama-3.2-1B's shape, made
# once in BUILD/bench-model (2.5 GB); the report goes to BUILD/bench_results.
set -euo pipefail
build=$1
shift
model=$build/bench-model/llama-3.2-1b-random
if [[ ! -e $model/config.json ]]; then
  "$build/bin/sotto" model random --like llama-3.2-1b --out "$model"
fi
"$build/bin/sotto" bench --model "$model" --output "$build/bench_results" "$@"
