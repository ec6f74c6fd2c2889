#!/usr/bin/env bash
# run_prefill_bench.sh BUILD MODEL [FLAG...]: `sotto bench` on MODEL, or if that is empty on a random model
# of Llama-3.2-1B's shape, made once in BUILD/bench-model (2.5 GB). The report goes to
# BUILD/bench_results. FLAGs beat what is chosen here.
set -euo pipefail
build=$1 model=$2
shift 2
if [[ -z $model ]]; then
  model=$build/bench-model/llama-3.2-1b-random
  [[ -e $model/config.json ]] ||
    "$build/bin/sotto" model random --like llama-3.2-1b --out "$model"
fi

# Unless FLAGs name them: three precisions and three runs a point, for a sweep of some 20 minutes.
defaults=()
[[ " $* " == *" --precisions"* ]] || defaults+=(--precisions f32,bf16,int8)
[[ " $* " == *" --repeats"* ]] || defaults+=(--repeats 3)
"$build/bin/sotto" bench --model "$model" --output "$build/bench_results" "${defaults[@]}" "$@"
