#include <immintrin.h>

#include <cstddef>

#include "kernels/attention_bf16.h"
#include "kernels/attention_kernels.h"
#include "kernels/attention_tile.h"
#include "kernels/simd_avx512.h"
#include "kernels/tile_config.h"

namespace sotto {
namespace {

// So that nothing compiled here for AMX serves a processor without it.
struct Lanes : Avx512 {};

// Products of tiles of 16 rows x 16 pairs by 16 pairs x 16 lanes. Four accumulators, of a row of
// tiles, hide a product's latency.
struct AmxSimd : Bf16Operands<Lanes> {
  static constexpr size_t kQueryVectors = 4, kRows = 16, kStepUnit = 16;
  static constexpr size_t kWidth = kQueryVectors * kLanes;

  // While it lives, this thread's tiles have the shape above.
  class Registers {
   public:
    Registers() { _tile_loadconfig(&kFullTiles); }
    ~Registers() { _tile_release(); }
    Registers(const Registers&) = delete;
    Registers& operator=(const Registers&) = delete;
  };

  // As OnVectors::Multiply (attention_vectors.h); steps is a multiple of kStepUnit.
  template <bool kAccumulate>
  static void Multiply(const Element* b, size_t b_stride, const Element* a, size_t steps,
                       const float* rescale, float* c) {
    constexpr size_t kRowBytes = kWidth * sizeof(float);
    if constexpr (kAccumulate) {
      Rescale(rescale, c);
      // GCC's tile loads do not say that they read memory.
      __asm__ volatile("" ::: "memory");
      _tile_loadd(0, c, kRowBytes);
      _tile_loadd(1, c + kLanes, kRowBytes);
      _tile_loadd(2, c + 2 * kLanes, kRowBytes);
      _tile_loadd(3, c + 3 * kLanes, kRowBytes);
    } else {
      __asm__ volatile("" ::: "memory");
      _tile_zero(0);
      _tile_zero(1);
      _tile_zero(2);
      _tile_zero(3);
    }
    for (size_t s = 0; s < steps; s += kStepUnit) {
      const Element* lanes = a + s * kWidth;
      _tile_loadd(4, b + s, b_stride * sizeof(Element));
      _tile_loadd(5, lanes, kRowBytes);
      _tile_dpbf16ps(0, 4, 5);
      _tile_loadd(6, lanes + kLanes, kRowBytes);
      _tile_dpbf16ps(1, 4, 6);
      _tile_loadd(7, lanes + 2 * kLanes, kRowBytes);
      _tile_dpbf16ps(2, 4, 7);
      _tile_loadd(5, lanes + 3 * kLanes, kRowBytes);
      _tile_dpbf16ps(3, 4, 5);
    }
    _tile_stored(0, c, kRowBytes);
    _tile_stored(1, c + kLanes, kRowBytes);
    _tile_stored(2, c + 2 * kLanes, kRowBytes);
    _tile_stored(3, c + 3 * kLanes, kRowBytes);
  }

 private:
  static void Rescale(const float* rescale, float* c) {
    for (size_t v = 0; v < kWidth; v += kLanes) {
      const Vec factor = Load(rescale + v);
      for (size_t r = 0; r < kRows; ++r) {
        float* const row = c + r * kWidth + v;
        Store(row, Mul(Load(row), factor));
      }
    }
  }
};

}  // namespace

constinit const AttentionKernel kAmxAttention = attention_tile::KernelOf<AmxSimd>(Isa::kAmxBf16);

}  // namespace sotto
