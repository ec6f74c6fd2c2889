// One row of an answer, from ring words to the layer's output: reveal, verify, scale, tail.
#ifndef SOTTO_TRUSTED_SPLIT_REVEAL_ROW_H_
#define SOTTO_TRUSTED_SPLIT_REVEAL_ROW_H_

#include <cstdint>
#include <optional>
#include <span>

#include "trusted/linear/linear.h"
#include "trusted/split/blinder.h"
#include "trusted/split/protected_layers.h"

namespace sotto {

// Servers of one exchange at most.
inline constexpr size_t kMaxServers = 16;

struct RevealedRow {
  size_t row;                                // Of the exchange.
  std::span<const uint32_t* const> answers;  // Each server's row, [n_out].
  // FreivaldsKey::ExpectedSum of the row that was hidden; none: it is not verified.
  std::optional<uint64_t> expected_sum;
  float t;  // The row's scale.
  LinearTail tail;
  float* y;  // The row of the layer's output, as `tail` has it.
};

// Floats of scratch that RevealRow wants, the calling thread's own.
size_t RevealScratchFloats(LinearShape shape);

// Writes the output row and returns all ones, or zero when the row failed verification. All words
// are summed up as integers first; those of a row that failed become zeros, without a branch,
// before floating point sees any: its time, flags and exceptions tell nothing of a lie. The output
// row of one that failed is not to be used. Constant-time in the words.
uint64_t RevealRow(const ProtectedLayer& layer, Blinding& blinding, const RevealedRow& row,
                   std::span<float> scratch);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_REVEAL_ROW_H_
