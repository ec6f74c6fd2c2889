#include "kernels/gemm_micro_loop.h"

namespace sotto {
namespace {

struct Bf16Ops {
  using Vector = __m512;

  static Vector Zero() { return _mm512_setzero_ps(); }
  static Vector Load(const uint32_t* p) { return _mm512_loadu_ps(p); }
  static void Store(uint32_t* p, Vector v) { _mm512_storeu_ps(p, v); }
  static Vector Broadcast(const uint32_t* p) {
    return _mm512_castsi512_ps(_mm512_set1_epi32(static_cast<int>(*p)));
  }
  static Vector MultiplyAdd(Vector sum, Vector a, Vector w) {
    return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)w);
  }
};

}  // namespace

const MicroKernelTable& Bf16MicroKernels() { return kMicroKernels<Bf16Ops>; }

}  // namespace sotto
