// What becomes of one batch's logits: scores, a place in the logits file, and a look whether they
// are numbers at all.
//
// Where padding comes as well (RunOptions::pad_compute), every position gets the same treatment,
// and none of the class's branches and addresses depends on lengths or on the values of ids.
#ifndef SOTTO_CLI_BATCH_LOGITS_H_
#define SOTTO_CLI_BATCH_LOGITS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/matrix.h"
#include "cli/batch_rows.h"
#include "cli/logits_file.h"
#include "cli/token_scores.h"
#include "enclave/prefill/batch_order.h"
#include "enclave/prefill/engine.h"

namespace sotto {

class BatchLogits {
 public:
  struct Options {
    LogitsMode mode = LogitsMode::kAll;
    // Positions of each prompt where padding comes as well; 0 where it does not.
    size_t padded_length = 0;
    LogitsFile* file = nullptr;  // Null: none.
  };

  // `members` are the batch's rows; all outlive this.
  BatchLogits(const BatchRows& rows, const BatchMembers& members, const Options& options);

  // The engine's sink. Thread-safe for different positions.
  void Take(size_t prompt, size_t first_position, ConstMatrixView<float> logits);

  // The first real position, of the first row that has one, whose logits are not all finite; with
  // LogitsMode::kLast of last positions only. After the pass.
  struct Place {
    size_t row, position;
  };
  std::optional<Place> FirstNotFinite() const;

  // Of each member, padding included; empty ones with kLast, and without padding of rows that
  // repeat a prompt. Once, after the pass.
  std::vector<TokenScores> TakeScores() { return std::move(scores_); }

 private:
  bool scored(size_t prompt) const;

  const BatchRows& rows_;
  const BatchMembers& members_;
  const Options options_;
  std::vector<std::vector<int32_t>> ids_;  // Of each member, padded where padding comes.
  std::vector<TokenScores> scores_;
  // Of each member's positions (its last one only, with kLast): all ones, or zero where finite.
  std::vector<std::vector<uint64_t>> not_finite_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_BATCH_LOGITS_H_
