// One implementation of elementwise.h an instruction set, each the same text (elementwise_rows.h)
// over another vector type. elementwise.h says what each function does.
#ifndef SOTTO_KERNELS_ELEMENTWISE_KERNELS_H_
#define SOTTO_KERNELS_ELEMENTWISE_KERNELS_H_

#include <cstddef>
#include <cstdint>

#include "base/float_types.h"
#include "base/isa.h"

namespace sotto {

struct ElementwiseKernels {
  Isa isa;
  void (*rms_norm)(const float* x, const float* weight, size_t n, float eps, float* y);
  void (*rms_norm_bf16)(const float* x, const float* weight, size_t n, float eps, BFloat16* y);
  float (*rms_norm_int8)(const float* x, const float* weight, size_t n, float eps, uint8_t* q);
  float (*quantize_int8)(const float* x, size_t n, uint8_t* q);
  void (*convert)(const float* x, size_t n, BFloat16* y);
  void (*widen)(const BFloat16* x, size_t n, float* y);
  float (*max_magnitude)(const float* x, size_t n);
  void (*swiglu)(const float* gate, const float* up, size_t n, float* y);
  void (*swiglu_bf16)(const float* gate, const float* up, size_t n, BFloat16* y);
  void (*add)(const float* x, size_t n, float* y);
  void (*exp)(const float* x, size_t n, float* y);
  double (*log_sum_exp)(const float* x, size_t n);
  size_t (*arg_max)(const float* x, size_t n);
  size_t (*count_before)(const float* x, size_t n, size_t index, float value);
};

extern const ElementwiseKernels kPortableElementwise, kAvx2Elementwise, kAvx512Elementwise;

const IsaTable<ElementwiseKernels>& ElementwiseTable();

}  // namespace sotto

#endif  // SOTTO_KERNELS_ELEMENTWISE_KERNELS_H_
