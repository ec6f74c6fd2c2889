#include "kernels/attention_kernels.h"
#include "kernels/attention_tile.h"
#include "kernels/simd_avx512.h"
#include "kernels/simd_exp.h"

namespace sotto {
namespace {

struct F32Simd : Avx512 {
  // 24 accumulators, 3 vectors of queries and one broadcast: 28 of 32 registers.
  static constexpr size_t kQueryVectors = 3, kRows = 8, kPair = 1;
  using Scalar = float;
  using Element = float;
  using Operand = Vec;

  static Vec Exp2(Vec x) { return sotto::Exp2<Avx512>(x); }
  static Vec MaskAbove(Vec a, const int* limit, int key) {
    const __mmask16 hidden =
        _mm512_cmplt_epi32_mask(_mm512_loadu_si512(limit), _mm512_set1_epi32(key));
    return _mm512_mask_mov_ps(a, hidden, Set(-__builtin_inff()));
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

const AttentionKernel& Avx512Attention() {
  static constexpr AttentionKernel kKernel = {
      "avx512",      F32Tile::kWidth, false, F32Tile::BlockBytes, F32Tile::ScratchBytes,
      F32Tile::Pack, F32Tile::Attend};
  return kKernel;
}

}  // namespace sotto
