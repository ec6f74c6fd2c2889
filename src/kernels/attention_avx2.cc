#include "kernels/attention_f32.h"
#include "kernels/attention_kernels.h"
#include "kernels/attention_tile.h"
#include "kernels/attention_vectors.h"
#include "kernels/simd_avx2.h"

namespace sotto {
namespace {

struct F32Simd : F32Operands<Avx2> {
  // 12 accumulators, 3 vectors of queries and one broadcast: all 16 registers.
  static constexpr size_t kQueryVectors = 3, kRows = 4;

  static Vec MaskOutside(Vec a, const int* limit, int key, int window) {
    const __m256i limits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(limit));
    const __m256i age = _mm256_sub_epi32(limits, _mm256_set1_epi32(key));
    const __m256i later = _mm256_cmpgt_epi32(_mm256_setzero_si256(), age);
    const __m256i earlier = _mm256_cmpgt_epi32(age, _mm256_set1_epi32(window - 1));
    const __m256i hidden = _mm256_or_si256(later, earlier);
    return _mm256_blendv_ps(a, Set(-__builtin_inff()), _mm256_castsi256_ps(hidden));
  }
};

}  // namespace

constinit const AttentionKernel kAvx2Attention =
    attention_tile::KernelOf<attention_tile::OnVectors<F32Simd>>(Isa::kAvx2);

}  // namespace sotto
