#include <cstring>

#include "kernels/gemm_micro_loop.h"

namespace sotto {
namespace {

struct U8S8Ops {
  // Not __m512i: GCC 12 copies and spills such accumulators of the dot product in every iteration.
  using Vector = int __attribute__((vector_size(64)));

  static Vector Zero() { return Vector{}; }
  static Vector Load(const uint32_t* p) {
    Vector v;
    std::memcpy(&v, p, sizeof v);
    return v;
  }
  static void Store(uint32_t* p, Vector v) { std::memcpy(p, &v, sizeof v); }
  static Vector Broadcast(const uint32_t* p) {
    return reinterpret_cast<Vector>(_mm512_set1_epi32(static_cast<int>(*p)));
  }
  static Vector MultiplyAdd(Vector sum, Vector a, Vector w) {
#ifdef __clang__
    return reinterpret_cast<Vector>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(sum),
                                                        reinterpret_cast<__m512i>(a),
                                                        reinterpret_cast<__m512i>(w)));
#else
    return __builtin_ia32_vpdpbusd_v16si(sum, a, w);
#endif
  }
};

}  // namespace

const MicroKernelTable& U8S8MicroKernels() { return kMicroKernels<U8S8Ops>; }

}  // namespace sotto
