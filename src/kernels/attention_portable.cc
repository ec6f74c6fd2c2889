#include <cmath>

#include "kernels/attention_kernels.h"
#include "kernels/attention_tile.h"

namespace sotto {
namespace {

// Four floats in plain loops, which any compiler turns into SSE.
struct PortableSimd {
  static constexpr size_t kLanes = 4, kQueryVectors = 2, kRows = 4, kPair = 1;
  struct Vec {
    float v[kLanes];
  };
  using Scalar = float;
  using Element = float;
  using Operand = Vec;

  template <typename F>
  static Vec Each(F f) {
    Vec y;
    for (size_t i = 0; i < kLanes; ++i) y.v[i] = f(i);
    return y;
  }
  static Vec Zero() { return Vec{}; }
  static Vec Load(const float* p) {
    return Each([&](size_t i) { return p[i]; });
  }
  static void Store(float* p, Vec a) {
    for (size_t i = 0; i < kLanes; ++i) p[i] = a.v[i];
  }
  static Vec Add(Vec a, Vec b) {
    return Each([&](size_t i) { return a.v[i] + b.v[i]; });
  }
  static Vec Sub(Vec a, Vec b) {
    return Each([&](size_t i) { return a.v[i] - b.v[i]; });
  }
  static Vec Mul(Vec a, Vec b) {
    return Each([&](size_t i) { return a.v[i] * b.v[i]; });
  }
  static Vec Max(Vec a, Vec b) {
    return Each([&](size_t i) { return a.v[i] < b.v[i] ? b.v[i] : a.v[i]; });
  }
  static Vec Exp2(Vec a) {
    return Each([&](size_t i) { return std::exp2(a.v[i]); });
  }
  static Vec MaskAbove(Vec a, const int* limit, int key) {
    return Each([&](size_t i) { return key > limit[i] ? -__builtin_inff() : a.v[i]; });
  }
  static Scalar ToScalar(float x) { return x; }
  static Operand LoadOperand(const Element* p) { return Load(p); }
  static Operand Broadcast(const Element* p) {
    return Each([&](size_t) { return *p; });
  }
  static void StoreOperand(Element* p, const Vec (&weight)[kPair]) { Store(p, weight[0]); }
  static Vec Dot(Operand a, Operand b, Vec c) {
    return Each([&](size_t i) { return c.v[i] + a.v[i] * b.v[i]; });
  }
};

using PortableTile = attention_tile::Tile<PortableSimd>;

}  // namespace

const AttentionKernel& PortableAttention() {
  static constexpr AttentionKernel kKernel = {"portable",
                                              PortableTile::kWidth,
                                              false,
                                              PortableTile::BlockBytes,
                                              PortableTile::ScratchBytes,
                                              PortableTile::Pack,
                                              PortableTile::Attend};
  return kKernel;
}

}  // namespace sotto
