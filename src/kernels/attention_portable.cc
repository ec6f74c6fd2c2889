#include "kernels/attention_f32.h"
#include "kernels/attention_kernels.h"
#include "kernels/attention_tile.h"
#include "kernels/attention_vectors.h"
#include "kernels/simd_portable.h"

namespace sotto {
namespace {

struct F32Simd : F32Operands<Portable> {
  static constexpr size_t kQueryVectors = 2, kRows = 4;

  static Vec MaskOutside(Vec a, const int* limit, int key, int window) {
    return Each([&](size_t i) {
      return key > limit[i] || limit[i] - key >= window ? -__builtin_inff() : a.v[i];
    });
  }
};

}  // namespace

constinit const AttentionKernel kPortableAttention =
    attention_tile::KernelOf<attention_tile::OnVectors<F32Simd>>(Isa::kPortable);

}  // namespace sotto
