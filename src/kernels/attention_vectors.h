// How the attention tile multiplies on vector registers, for any instruction set.
#ifndef SOTTO_KERNELS_ATTENTION_VECTORS_H_
#define SOTTO_KERNELS_ATTENTION_VECTORS_H_

#include <cstddef>

namespace sotto::attention_tile {

// Operands: see attention_tile.h.
template <typename Operands>
struct OnVectors : Operands {
  using typename Operands::Element;
  using typename Operands::Vec;
  static constexpr size_t kVectors = Operands::kQueryVectors, kRows = Operands::kRows;
  static constexpr size_t kLanes = Operands::kLanes, kProducts = kRows * kVectors;
  static constexpr size_t kStepUnit = 1;
  struct Registers {};  // Nothing to prepare.

  // f<0>(), f<1>(), ...: unrolled before the compiler decides what stays in registers.
  template <size_t kCount, size_t kNext = 0, typename F>
  static inline __attribute__((always_inline)) void Unroll(F&& f) {
    if constexpr (kNext < kCount) {
      f.template operator()<kNext>();
      Unroll<kCount, kNext + 1>(f);
    }
  }

  // c[r][lane] = sum_s b[r][s] * a[s][lane], r < kRows; with kAccumulate added to
  // c[r][lane] * rescale[lane].
  template <bool kAccumulate>
  static void Multiply(const Element* b, size_t b_stride, const Element* a, size_t steps,
                       const float* rescale, float* c) {
    Vec acc[kProducts];
    Unroll<kProducts>([&]<size_t i>() __attribute__((always_inline)) {
      if constexpr (kAccumulate) {
        acc[i] = Operands::Mul(Operands::Load(c + i * kLanes),
                               Operands::Load(rescale + i % kVectors * kLanes));
      } else {
        acc[i] = Operands::Zero();
      }
    });
    for (size_t s = 0; s < steps; ++s) {
      typename Operands::Operand lanes[kVectors], element;
      Unroll<kVectors>([&]<size_t v>() __attribute__((always_inline)) {
        lanes[v] = Operands::LoadOperand(a + (s * kVectors + v) * kLanes);
      });
      Unroll<kProducts>([&]<size_t i>() __attribute__((always_inline)) {
        if constexpr (i % kVectors == 0) {
          element = Operands::Broadcast(b + i / kVectors * b_stride + s);
        }
        acc[i] = Operands::Dot(element, lanes[i % kVectors], acc[i]);
      });
    }
    Unroll<kProducts>([&]<size_t i>() __attribute__((always_inline)) {
      Operands::Store(c + i * kLanes, acc[i]);
    });
  }
};

}  // namespace sotto::attention_tile

#endif  // SOTTO_KERNELS_ATTENTION_VECTORS_H_
