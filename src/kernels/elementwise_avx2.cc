#include "kernels/elementwise_rows.h"
#include "kernels/simd_avx2.h"

namespace sotto {

constinit const ElementwiseKernels kAvx2Elementwise = Rows<Avx2>::Kernels(Isa::kAvx2);

}  // namespace sotto
