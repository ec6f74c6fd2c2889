#include "cli/logprobs_queue.h"

#include <string>
#include <utility>

#include "cli/logprobs_file.h"

namespace sotto {

LogprobsQueue::LogprobsQueue(std::span<const Prompt> prompts, const BatchRows& rows,
                             const Model& model, PrefillOutputs& outputs)
    : prompts_(prompts), rows_(rows), model_(model), outputs_(outputs), waiting_(prompts.size()) {}

absl::Status LogprobsQueue::Add(size_t prompt, Scores scores) {
  if (!outputs_.wants_logprobs()) return absl::OkStatus();
  waiting_[prompt] = std::move(scores);
  for (; next_ < waiting_.size() && waiting_[next_].has_value(); ++next_) {
    SOTTO_RETURN_IF_ERROR(outputs_.AppendLogprobs(
        LogprobsLine({.index = next_, .id = prompts_[next_].id, .ids = rows_.ids[next_]}, model_,
                     *waiting_[next_], outputs_.top_list())));
    waiting_[next_].reset();
  }
  return absl::OkStatus();
}

}  // namespace sotto
