// The OpenCL C source of the products, specialised by macros (opencl_kernels.cc lists them).
#ifndef SOTTO_ACCELERATOR_DEVICES_OPENCL_KERNELS_H_
#define SOTTO_ACCELERATOR_DEVICES_OPENCL_KERNELS_H_

namespace sotto {

// Kernels: multiply_float, multiply_ring, multiply_ring_planes, transpose_float, transpose_ring.
extern const char kOpenClKernels[];

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_OPENCL_KERNELS_H_
