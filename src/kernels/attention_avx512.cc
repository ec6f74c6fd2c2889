#include "kernels/attention_f32.h"
#include "kernels/attention_kernels.h"
#include "kernels/attention_tile.h"
#include "kernels/attention_vectors.h"
#include "kernels/simd_avx512.h"

namespace sotto {
namespace {

struct F32Simd : F32Operands<Avx512> {
  // 24 accumulators, 3 vectors of queries and one broadcast: 28 of 32 registers.
  static constexpr size_t kQueryVectors = 3, kRows = 8;

  static Vec MaskOutside(Vec a, const int* limit, int key, int window) {
    const __m512i age = _mm512_sub_epi32(_mm512_loadu_si512(limit), _mm512_set1_epi32(key));
    // Without a sign: a later key is of the greatest age.
    const __mmask16 hidden = _mm512_cmpge_epu32_mask(age, _mm512_set1_epi32(window));
    return _mm512_mask_mov_ps(a, hidden, Set(-__builtin_inff()));
  }
};

}  // namespace

constinit const AttentionKernel kAvx512Attention =
    attention_tile::KernelOf<attention_tile::OnVectors<F32Simd>>(Isa::kAvx512);

}  // namespace sotto
