// One row of an answer, from ring words to the layer's output: reveal, sum up for verification,
// scale, tail. In tiles that stay in the first-level cache, so memory is read once.
#ifndef SOTTO_ENCLAVE_LINEAR_REVEAL_ROW_H_
#define SOTTO_ENCLAVE_LINEAR_REVEAL_ROW_H_

#include <cstdint>
#include <span>

#include "enclave/blinding/blinder.h"
#include "enclave/blinding/protected_layers.h"
#include "enclave/linear/linear.h"

namespace sotto {

// Servers of one exchange at most.
inline constexpr size_t kMaxServers = 16;

struct RevealedRow {
  size_t row;                                // Of the exchange.
  std::span<const uint32_t* const> answers;  // Each server's row, [n_out].
  float t;                                   // The row's scale.
  LinearTail tail;
  float* y;  // The row of the layer's output, as `tail` has it.
};

// Floats of scratch that RevealRow wants, the calling thread's own.
size_t RevealScratchFloats(LinearShape shape);

// Writes the output row and returns sum_j (Y_j + 2^31) s_j, to be compared with
// FreivaldsKey::ExpectedSum (0 unless `verify`). The output row is not to be used before that
// comparison. Constant-time in the words.
uint64_t RevealRow(const ProtectedLayer& layer, Blinding& blinding, const RevealedRow& row,
                   bool verify, std::span<float> scratch);

}  // namespace sotto

#endif  // SOTTO_ENCLAVE_LINEAR_REVEAL_ROW_H_
