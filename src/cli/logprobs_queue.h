// --logprobs has a line a prompt, in the prompts' order, whichever batch ran first. TRUSTED.
#ifndef SOTTO_CLI_LOGPROBS_QUEUE_H_
#define SOTTO_CLI_LOGPROBS_QUEUE_H_

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/status.h"
#include "cli/batch_rows.h"
#include "cli/prefill_outputs.h"
#include "cli/prompt_file.h"
#include "sotto/model.h"
#include "sotto/scores.h"

namespace sotto {

class LogprobsQueue {
 public:
  // All outlive the queue.
  LogprobsQueue(std::span<const Prompt> prompts, const BatchRows& rows, const Model& model,
                PrefillOutputs& outputs);

  // Takes the scores of a prompt, each prompt once, and writes every line whose turn has come.
  // Keeps what must wait (8 bytes a token and 16 for each of its top_k); nothing at all where no
  // --logprobs was asked for.
  absl::Status Add(size_t prompt, Scores scores);

 private:
  const std::span<const Prompt> prompts_;
  const BatchRows& rows_;
  const Model& model_;
  PrefillOutputs& outputs_;
  std::vector<std::optional<Scores>> waiting_;  // One a prompt.
  size_t next_ = 0;                             // Whose turn it is.
};

}  // namespace sotto

#endif  // SOTTO_CLI_LOGPROBS_QUEUE_H_
