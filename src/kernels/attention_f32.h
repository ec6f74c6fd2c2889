// What the attention tile asks of f32 operands, the same on every ISA: the floats themselves.
#ifndef SOTTO_KERNELS_ATTENTION_F32_H_
#define SOTTO_KERNELS_ATTENTION_F32_H_

#include <cstddef>

#include "kernels/simd_exp.h"

namespace sotto {

// Simd: the vectors of an ISA (simd_portable.h, simd_avx2.h, simd_avx512.h). What remains to be
// said is kQueryVectors, kRows and MaskOutside(): see attention_tile.h.
template <typename Simd>
struct F32Operands : Simd {
  using typename Simd::Vec;
  using Scalar = float;
  using Element = float;
  using Operand = Vec;
  static constexpr size_t kPair = 1;

  static Vec Exp2(Vec x) { return sotto::Exp2<Simd>(x); }
  static Scalar ToScalar(float x) { return x; }
  static Operand LoadOperand(const Element* p) { return Simd::Load(p); }
  static Operand Broadcast(const Element* p) { return Simd::Set(*p); }
  static void StoreRow(Element* p, const float* row) { Simd::Store(p, Simd::Load(row)); }
  static void StoreOperand(Element* p, const Vec (&weight)[kPair]) { Simd::Store(p, weight[0]); }
  static Vec Dot(Operand a, Operand b, Vec c) { return Simd::MulAdd(a, b, c); }
};

}  // namespace sotto

#endif  // SOTTO_KERNELS_ATTENTION_F32_H_
