#include "kernels/elementwise_rows.h"
#include "kernels/simd_avx512.h"

namespace sotto {

const ElementwiseKernels& Avx512Elementwise() {
  static constexpr ElementwiseKernels kKernels = Rows<Avx512>::Kernels("avx512");
  return kKernels;
}

}  // namespace sotto
