// One forward pass over made-up prompts, for comparing where its linear layers were multiplied.
#ifndef SOTTO_TESTS_SPLIT_WHOLE_PASS_H_
#define SOTTO_TESTS_SPLIT_WHOLE_PASS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "model/checkpoint.h"
#include "trusted/engine/engine.h"
#include "trusted/linear/linear.h"

namespace sotto {

struct WholePass {
  size_t prompts = 2, length = 40;
  int threads = 2, lanes = 1;
  uint64_t text = 0;  // Another number, other prompts of the same shape.
  // Of each prompt, at most `length`; empty: all of them have `length`.
  std::vector<size_t> lengths = {};
  size_t batch_size = 0;  // Of the engine; 0: `prompts`.
  RunOptions run = {};

  // Logits, prompt after prompt: [prompts, length, vocab], zeros where none are computed.
  absl::StatusOr<std::vector<float>> Run(const Checkpoint& checkpoint,
                                         std::unique_ptr<Linear> linear) const;
  // The same with local precision `fixed`.
  std::vector<float> RunLocally(const Checkpoint& checkpoint) const;
};

// To the bit.
bool SameBits(const std::vector<float>& a, const std::vector<float>& b);

}  // namespace sotto

#endif  // SOTTO_TESTS_SPLIT_WHOLE_PASS_H_
