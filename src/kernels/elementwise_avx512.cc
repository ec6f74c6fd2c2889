#include "kernels/elementwise_rows.h"
#include "kernels/simd_avx512.h"

namespace sotto {

constinit const ElementwiseKernels kAvx512Elementwise = Rows<Avx512>::Kernels(Isa::kAvx512);

}  // namespace sotto
