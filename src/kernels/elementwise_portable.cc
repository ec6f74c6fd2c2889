#include "kernels/elementwise_rows.h"
#include "kernels/simd_portable.h"

namespace sotto {

const ElementwiseKernels& PortableElementwise() {
  static constexpr ElementwiseKernels kKernels = Rows<Portable>::Kernels("portable");
  return kKernels;
}

}  // namespace sotto
