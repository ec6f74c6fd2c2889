#include <gtest/gtest.h>

#include "kernels/gemm.h"

namespace sotto {
namespace {

// Memory is planned before weights exist; the plan must be what they then take.
TEST(GemmSizesTest, PlannedSizesAreTheRealOnes) {
  for (GemmOperands operands : {GemmOperands::kF32, GemmOperands::kF32ByBf16, GemmOperands::kBf16,
                                GemmOperands::kU8S8, GemmOperands::kU8S16}) {
    for (size_t n_out : {1, 127, 128, 129, 1000}) {
      for (size_t n_in : {1, 64, 172, 2049}) {
        const GemmWeights weights(operands, n_in, n_out);
        EXPECT_EQ(weights.packed_bytes(), GemmWeights::PackedBytes(operands, n_in, n_out));
        EXPECT_EQ(weights.scratch_bytes(), GemmWeights::ScratchBytes(operands, n_in, n_out));
        EXPECT_GE(
            weights.packed_bytes(),
            n_in * n_out * (operands == GemmOperands::kF32ByBf16 ? 2 : GemmWeightBytes(operands)));
        EXPECT_GE(GemmRowBytes(operands, n_in), n_in * GemmOperandBytes(operands));
      }
    }
  }
}

}  // namespace
}  // namespace sotto
