// Keeps scores until they may be handed on.
#ifndef SOTTO_TRUSTED_API_SCORE_KEEPER_H_
#define SOTTO_TRUSTED_API_SCORE_KEEPER_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/status.h"
#include "sotto/prefill.h"
#include "sotto/scores.h"
#include "trusted/engine/batch_order.h"

namespace sotto {

using ScoreConsumer = std::function<absl::Status(size_t prompt, Scores scores)>;

class ScoreKeeper {
 public:
  struct Options {
    // Scores come with padding. What depends on lengths then waits for Finish(): between batches it
    // would tell an accelerator, which sees when the next one begins.
    bool padded = false;
    bool keep_tokens = true;                    // Else sums only.
    std::span<const size_t> first_tokens = {};  // As ScoreOptions.
  };

  // Of `prompts` the first `real` are the caller's: no others are handed on. All outlive the
  // keeper.
  ScoreKeeper(TokenPrompts prompts, size_t real, const Options& options,
              const ScoreConsumer& consumer);

  // Takes the scores of a batch, one of each of its prompts. Errors are the consumer's.
  absl::Status Keep(const BatchMembers& members, std::vector<Scores> scores);
  // After the last batch.
  absl::Status Finish();

 private:
  size_t FirstToken(size_t prompt) const;
  // Leaves what was asked for.
  void Trim(size_t prompt, Scores& scores) const;

  const TokenPrompts prompts_;
  const size_t real_;
  const Options options_;
  const ScoreConsumer& consumer_;
  std::vector<std::optional<Scores>> waiting_;  // One a prompt.
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_SCORE_KEEPER_H_
