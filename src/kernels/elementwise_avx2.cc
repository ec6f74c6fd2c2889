#include "kernels/elementwise_rows.h"
#include "kernels/simd_avx2.h"

namespace sotto {

const ElementwiseKernels& Avx2Elementwise() {
  static constexpr ElementwiseKernels kKernels = Rows<Avx2>::Kernels("avx2");
  return kKernels;
}

}  // namespace sotto
