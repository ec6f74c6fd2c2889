// What becomes of one batch's logits: scores, the caller's consumer, and a look whether they are
// numbers at all. TRUSTED.
//
// Where padding comes as well (RunOptions::pad_compute), every position gets the same treatment,
// and none of the class's branches and addresses depends on lengths or on the values of ids.
#ifndef SOTTO_TRUSTED_API_BATCH_OUTPUTS_H_
#define SOTTO_TRUSTED_API_BATCH_OUTPUTS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/matrix.h"
#include "sotto/scores.h"
#include "trusted/engine/batch_order.h"
#include "trusted/engine/engine.h"

namespace sotto {

// Rows [first_position, first_position + rows) of a prompt, by its number in the run.
using RowConsumer =
    std::function<void(size_t prompt, size_t first_position, ConstMatrixView<float> rows)>;

class BatchOutputs {
 public:
  struct Options {
    LogitsMode mode = LogitsMode::kAll;
    // Positions of each prompt where padding comes as well; 0 where it does not.
    size_t padded_length = 0;
    // Ids that rows hold logits of, rising; empty: all. Of some, nothing is scored here.
    std::span<const size_t> columns = {};
    bool score = false;
    size_t top_k = 1;
    bool ranks = false;
    RowConsumer consumer = {};  // Null: none.
  };

  // `members` are the batch's prompts, numbers of `prompts`; all outlive this.
  BatchOutputs(std::span<const std::vector<int32_t>> prompts, const BatchMembers& members,
               const Options& options);

  // The engine's sink. Thread-safe for different positions.
  void Take(size_t prompt, size_t first_position, ConstMatrixView<float> rows);

  // The first real position, of the first prompt that has one, whose values are not all finite;
  // with LogitsMode::kLast of last positions only. After the pass.
  struct Place {
    size_t prompt, position;
  };
  std::optional<Place> FirstNotFinite() const;

  // Of each member, padding included, without sums; empty ones where there is no score. Once, after
  // the pass.
  std::vector<Scores> TakeScores() { return std::move(scores_); }

 private:
  const std::span<const std::vector<int32_t>> prompts_;
  const BatchMembers& members_;
  const Options options_;
  std::vector<std::vector<int32_t>> ids_;  // Of each member, padded where padding comes.
  std::vector<Scores> scores_;
  // Of each member's positions (its last one only, with kLast): all ones, or zero where finite.
  std::vector<std::vector<uint64_t>> not_finite_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_BATCH_OUTPUTS_H_
