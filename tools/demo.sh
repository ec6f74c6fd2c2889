#!/usr/bin/env bash
# Prefills the example prompts with the shipped model and says in a few lines what came out.
set -euo pipefail
json=$1
logprobs=${json%.json}.jsonl

build/bin/sotto prefill --model models/kjv-2m --prompts examples/prompts.txt \
  --output "$json" --logprobs "$logprobs"
python3 tools/summarise_demo.py "$json"
echo "everything: $json    a line a prompt: $logprobs"
