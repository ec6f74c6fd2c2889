# A line {"id", "query", "document"} to one of `sotto score`: Qwen3-Reranker's template, and the
# labels whose shares are the score (docs/heads.md). An "instruction" of the line takes the place of
# the usual one.
(if .id == null then {} else {id} end) + {
  prompt: (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and " +
    "the Instruct provided. Note that the answer can only be \"yes\" or \"no\".<|im_end|>\n" +
    "<|im_start|>user\n<Instruct>: " +
    (.instruction // "Given a web search query, retrieve relevant passages that answer the query") +
    "\n<Query>: " + .query + "\n<Document>: " + .document +
    "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
  ),
  labels: ["yes", "no"]
}
