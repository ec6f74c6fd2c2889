// Keeps scores until they may be written: perplexities, and the lines of --logprobs.
#ifndef SOTTO_CLI_SCORE_KEEPER_H_
#define SOTTO_CLI_SCORE_KEEPER_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "base/status.h"
#include "cli/batch_rows.h"
#include "cli/logprobs_queue.h"
#include "cli/token_scores.h"
#include "enclave/prefill/batch_order.h"

namespace sotto {

class ScoreKeeper {
 public:
  struct Options {
    // Scores come with padding. What depends on lengths then waits for Finish(): between batches it
    // would tell an accelerator, which sees when the next one begins.
    bool padded = false;
    // Whether `queue` writes anything: what it does not write is not kept (20 bytes a position).
    bool wants_logprobs = false;
  };

  // `rows` and `queue` outlive the keeper.
  ScoreKeeper(const BatchRows& rows, LogprobsQueue& queue, const Options& options);

  // Takes the scores of a batch, one of each of its rows. Errors are the queue's.
  absl::Status Keep(const BatchMembers& members, std::vector<TokenScores> scores);
  // After the last batch, with no accelerator watching any more.
  absl::Status Finish();

  // Of each prompt, after Finish(); none for one of a single token, or that never came.
  const std::vector<std::optional<double>>& perplexity() const { return perplexity_; }

 private:
  const BatchRows& rows_;
  LogprobsQueue& queue_;
  const Options options_;
  std::vector<std::optional<double>> perplexity_;
  // Of each row that waits.
  std::vector<std::optional<double>> sum_logprobs_;
  std::vector<std::optional<TokenScores>> scores_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_SCORE_KEEPER_H_
