// What a client's request asks of forward passes. TRUSTED: holds prompts.
#ifndef SOTTO_TRUSTED_SERVICE_PASS_JOB_H_
#define SOTTO_TRUSTED_SERVICE_PASS_JOB_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

#include "base/status.h"
#include "sotto/scores.h"
#include "trusted/service/secret_ids.h"

namespace sotto {

struct PassPrompt {
  SecretIds ids = {};
  size_t first_token = 1;      // The first that is scored; ids.size(): none.
  bool last_position = false;  // The most likely tokens behind the prompt, too.
  SecretIds labels = {};       // Valued behind the prompt,
  NamedAmong labels_among = NamedAmong::kVocabulary;  // as this says.
};

enum class PassOutput { kScores, kHidden, kClasses };

// Passes of different kinds do not run together.
struct PassKind {
  PassOutput output = PassOutput::kScores;
  size_t top_k = 0;                  // Of scores.
  bool ranks = false;                // Likewise.
  bool labels_alone = false;         // Of scores, labels among themselves: no more of lm_head.
  Pooling pooling = Pooling::kLast;  // Of hidden states, which become unit vectors
  size_t dimensions = 0;             // of so many numbers; 0: all.

  bool operator==(const PassKind&) const = default;
};

// Of the prompts, in their order; all but one of the three are empty.
struct PassResults {
  std::vector<PassPrompt> prompts = {};  // As they were given.
  std::vector<Scores> scores = {};
  std::vector<Hidden> hidden = {};
  std::vector<Classification> classes = {};
  // With accelerators, of all passes that they are of.
  uint64_t exchanges_verified = 0;
};

struct PassJob {
  using Clock = std::chrono::steady_clock;

  PassKind kind = {};
  std::vector<PassPrompt> prompts = {};  // At least one.
  std::stop_token left = {};             // The client has left: nobody wants the results.
  Clock::time_point deadline = Clock::time_point::max();
  // Called once, from another thread: return quickly.
  std::function<void(absl::StatusOr<PassResults>)> done = {};
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_PASS_JOB_H_
