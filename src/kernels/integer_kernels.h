// One implementation of fixed_point.h, int8_scale.h and ring_planes.h an instruction set, all equal
// to the bit. Those headers say what each function does.
#ifndef SOTTO_KERNELS_INTEGER_KERNELS_H_
#define SOTTO_KERNELS_INTEGER_KERNELS_H_

#include <cstddef>
#include <cstdint>

#include "base/isa.h"
#include "kernels/ring_planes.h"

namespace sotto {

struct IntegerKernels {
  Isa isa;
  float (*quantize_fixed)(const float* x, size_t n, int32_t limit, int32_t* xq);
  void (*split_fixed)(const int32_t* xq, size_t n, uint8_t* high, uint8_t* low);
  void (*combine_fixed)(const int32_t* high, const int32_t* low, const int32_t* weight_sums,
                        size_t n, int32_t* acc);
  void (*scale_fixed)(const int32_t* acc, size_t n, float t, const float* scales, const float* bias,
                      float* y);
  void (*scale_int8)(const int32_t* acc, const int32_t* weight_sums, size_t n, float t,
                     const float* scales, const float* bias, float* y);
  void (*scale_add_int8)(const int32_t* acc, const int32_t* weight_sums, size_t n, float t,
                         const float* scales, const float* bias, float* y);
  void (*split_ring)(const uint32_t* x, size_t n, const RingPlanes<uint8_t>& planes);
  void (*combine_ring)(const RingPlanes<const uint32_t>& planes, size_t n, uint32_t* y);
};

extern const IntegerKernels kPortableInteger, kAvx512Integer;

const IsaTable<IntegerKernels>& IntegerTable();

// What the largest magnitude of a row decides: its scale t, and A / max|x|.
struct FixedRowScales {
  float t, inverse;
};
FixedRowScales ScalesOfFixedRow(float max_magnitude, int32_t limit);

}  // namespace sotto

#endif  // SOTTO_KERNELS_INTEGER_KERNELS_H_
