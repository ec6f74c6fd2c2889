"""Prints a short human summary of a result file of `sotto prefill`."""

import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    result = json.load(file)

model = result["model"]
print(f"{model['name']}: {model['parameters']:,} parameters, {result['precision']}, "
      f"{result['threads']} threads")
# An enclave does not learn how much memory it has used.
peak = result["peak_rss_bytes"]
memory = "" if peak is None else f", peak memory {peak / 2**20:.0f} MiB"
print(f"{result['prompt_count']} prompts, {sum(result['actual_lengths'])} tokens in "
      f"{result['time_seconds']:.3f} s: {result['real_tokens_per_sec']:,.0f} tokens/s{memory}")
for prompt, perplexity in zip(result["prompts"], result["perplexity"]):
    text = prompt if len(prompt) <= 60 else prompt[:57] + "..."
    shown = "       -" if perplexity is None else f"{perplexity:8.2f}"
    print(f"  perplexity {shown}  {text}")
