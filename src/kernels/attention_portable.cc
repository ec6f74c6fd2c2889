#include "kernels/attention_kernels.h"
#include "kernels/attention_tile.h"
#include "kernels/simd_exp.h"
#include "kernels/simd_portable.h"

namespace sotto {
namespace {

struct F32Simd : Portable {
  static constexpr size_t kQueryVectors = 2, kRows = 4, kPair = 1;
  using Scalar = float;
  using Element = float;
  using Operand = Vec;

  static Vec Exp2(Vec x) { return sotto::Exp2<Portable>(x); }
  static Vec MaskAbove(Vec a, const int* limit, int key) {
    return Each([&](size_t i) { return key > limit[i] ? -__builtin_inff() : a.v[i]; });
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

const AttentionKernel& PortableAttention() {
  static constexpr AttentionKernel kKernel = {
      "portable",    F32Tile::kWidth, false, F32Tile::BlockBytes, F32Tile::ScratchBytes,
      F32Tile::Pack, F32Tile::Attend};
  return kKernel;
}

}  // namespace sotto
