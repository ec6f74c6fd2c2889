#include "kernels/attention_kernels.h"
#include "kernels/attention_tile.h"
#include "kernels/simd_avx2.h"
#include "kernels/simd_exp.h"

namespace sotto {
namespace {

struct F32Simd : Avx2 {
  // 12 accumulators, 3 vectors of queries and one broadcast: all 16 registers.
  static constexpr size_t kQueryVectors = 3, kRows = 4, kPair = 1;
  using Scalar = float;
  using Element = float;
  using Operand = Vec;

  static Vec Exp2(Vec x) { return sotto::Exp2<Avx2>(x); }
  static Vec MaskAbove(Vec a, const int* limit, int key) {
    const __m256i limits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(limit));
    const __m256i hidden = _mm256_cmpgt_epi32(_mm256_set1_epi32(key), limits);
    return _mm256_blendv_ps(a, Set(-__builtin_inff()), _mm256_castsi256_ps(hidden));
  }
  static Scalar ToScalar(float x) { return x; }
  static Operand LoadOperand(const Element* p) { return Load(p); }
  static Operand Broadcast(const Element* p) { return Set(*p); }
  static void StoreRow(Element* p, const float* row) { Store(p, Load(row)); }
  static void StoreOperand(Element* p, const Vec (&weight)[kPair]) { Store(p, weight[0]); }
  static Vec Dot(Operand a, Operand b, Vec c) { return MulAdd(a, b, c); }
};

using F32Tile = attention_tile::Tile<F32Simd>;

}  // namespace

const AttentionKernel& Avx2Attention() {
  static constexpr AttentionKernel kKernel = {
      "avx2",        F32Tile::kWidth, false, F32Tile::BlockBytes, F32Tile::ScratchBytes,
      F32Tile::Pack, F32Tile::Attend};
  return kKernel;
}

}  // namespace sotto
