#include "kernels/elementwise_rows.h"
#include "kernels/simd_portable.h"

namespace sotto {

constinit const ElementwiseKernels kPortableElementwise = Rows<Portable>::Kernels(Isa::kPortable);

}  // namespace sotto
