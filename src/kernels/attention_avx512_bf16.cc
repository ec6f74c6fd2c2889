#include "kernels/attention_bf16.h"
#include "kernels/attention_kernels.h"
#include "kernels/attention_tile.h"
#include "kernels/attention_vectors.h"
#include "kernels/simd_avx512.h"

namespace sotto {
namespace {

struct Bf16Simd : Bf16Operands<Avx512> {
  static constexpr size_t kQueryVectors = 3, kRows = 8;
};

}  // namespace

constinit const AttentionKernel kAvx512Bf16Attention =
    attention_tile::KernelOf<attention_tile::OnVectors<Bf16Simd>>(Isa::kAvx512Bf16);

}  // namespace sotto
