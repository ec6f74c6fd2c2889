// Log-probabilities of tokens that are named by id (sotto/scores.h), from a run's logits. TRUSTED.
#ifndef SOTTO_TRUSTED_API_NAMED_LOGPROBS_H_
#define SOTTO_TRUSTED_API_NAMED_LOGPROBS_H_

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/matrix.h"
#include "sotto/prefill.h"

namespace sotto {

// Rising positions of each prompt whose logits are wanted.
using PositionLists = std::vector<std::vector<size_t>>;

// Those that predict tokens [first, n) of each prompt, and the named ones. `first_tokens` empty:
// the named ones alone.
PositionLists WantedPositions(TokenPrompts prompts, std::span<const size_t> first_tokens,
                              std::span<const NamedTokens> named);

// Ids of each prompt whose logits alone are wanted.
using ColumnLists = std::vector<std::vector<int32_t>>;

// Those of the named tokens, where no other logit is needed for their values: all are valued among
// themselves. Nullopt otherwise, and for none.
std::optional<ColumnLists> NamedColumns(size_t prompts, std::span<const NamedTokens> named);

// Takes the rows of all named positions. Where padding is computed (`oblivious`), every row of a
// prompt is treated the same for all its named tokens, and a mask says which it was.
class NamedLogprobs {
 public:
  // `named`: checked (prompt_checks.h); outlives this.
  NamedLogprobs(size_t prompts, std::span<const NamedTokens> named, bool oblivious);

  // A RowConsumer (batch_outputs.h). Thread-safe for different rows.
  void Take(size_t prompt, size_t first_position, ConstMatrixView<float> rows);

  // Of all named tokens, in their order. After the run.
  std::vector<std::vector<double>> TakeValues();
  // Those of one prompt, once its rows are complete.
  std::vector<std::vector<double>> TakeOfPrompt(size_t prompt);

 private:
  bool NeedsWholeRow(size_t i) const { return named_[i].among == NamedAmong::kVocabulary; }
  void Add(size_t i, size_t position, ConstMatrixView<float> row, double log_sum, uint64_t real);
  void Merge(size_t i, size_t k, double value, uint64_t mask);
  std::vector<double> TakeOne(size_t i);

  const std::span<const NamedTokens> named_;
  const bool oblivious_;
  std::vector<std::vector<size_t>> of_prompt_;  // Indices into named_.
  std::mutex mutex_;                            // Guards values_ where all rows write all of them.
  // Log-probabilities; of kNamed logits, until they are taken.
  std::vector<std::vector<double>> values_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_NAMED_LOGPROBS_H_
