#include "kernels/attention_f32.h"
#include "kernels/attention_kernels.h"
#include "kernels/attention_tile.h"
#include "kernels/simd_avx512.h"

namespace sotto {
namespace {

struct F32Simd : F32Operands<Avx512> {
  // 24 accumulators, 3 vectors of queries and one broadcast: 28 of 32 registers.
  static constexpr size_t kQueryVectors = 3, kRows = 8;

  static Vec MaskAbove(Vec a, const int* limit, int key) {
    const __mmask16 hidden =
        _mm512_cmplt_epi32_mask(_mm512_loadu_si512(limit), _mm512_set1_epi32(key));
    return _mm512_mask_mov_ps(a, hidden, Set(-__builtin_inff()));
  }
};

}  // namespace

constinit const AttentionKernel kAvx512Attention = attention_tile::KernelOf<F32Simd>(Isa::kAvx512);

}  // namespace sotto
