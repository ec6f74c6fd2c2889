#include "trusted/service/answer_memory.h"

#include "base/strings.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

// As measured, in JSON; of an alternative to a token, in both lists that a
// completion may have.
constexpr size_t kAlternativeBytes = 100, kNumberBytes = 24, kLabelBytes = 100, kTokenBytes = 16,
                 kPromptBytes = 256;

size_t AnswerBytesOf(const Model& model, const PassKind& kind, const PassPrompt& prompt) {
  switch (kind.output) {
    case PassOutput::kScores: {
      const size_t scored = prompt.ids.size() - prompt.first_token + prompt.last_position;
      return scored * (kind.top_k + 2) * kAlternativeBytes + prompt.labels.size() * kLabelBytes +
             prompt.ids.size() * kTokenBytes;
    }
    case PassOutput::kHidden: {
      const size_t all = model.info().hidden_size;
      return (kind.dimensions == 0 ? all : kind.dimensions) * kNumberBytes;
    }
    case PassOutput::kClasses:
      return model.info().head.labels.size() * 2 * kNumberBytes;
  }
  return 0;
}

}  // namespace

size_t AnswerBytes(const Model& model, const PassKind& kind, std::span<const PassPrompt> prompts) {
  size_t bytes = 0;
  for (const PassPrompt& prompt : prompts) {
    bytes += kPromptBytes + AnswerBytesOf(model, kind, prompt);
  }
  return bytes;
}

absl::StatusOr<std::shared_ptr<void>> HoldAnswer(const ServiceContext& context, size_t bytes) {
  const MemoryBudget& answers = context.answers;
  if (bytes > answers.limit()) {
    return absl::OutOfRangeError(StrCat("the answer would take about ", bytes >> 20,
                                        " MiB, more than the ", answers.limit() >> 20,
                                        " of this server: ask for less in one request"));
  }
  std::shared_ptr<void> lease = answers.Take(bytes);
  if (lease == nullptr)
    return BusyError("answers to others take all memory that is for answers", 1);
  return lease;
}

}  // namespace sotto
