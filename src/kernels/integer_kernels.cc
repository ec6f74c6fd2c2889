#include "kernels/integer_kernels.h"

#include <algorithm>
#include <limits>

#include "kernels/fixed_point.h"
#include "kernels/int8_scale.h"

namespace sotto {
namespace {

const IntegerKernels& BestInteger() { return IntegerTable().best(); }

}  // namespace

const IsaTable<IntegerKernels>& IntegerTable() {
  static const IsaTable<IntegerKernels> table{&kPortableInteger, &kAvx512Integer};
  return table;
}

FixedRowScales ScalesOfFixedRow(float max_magnitude, int32_t limit) {
  const float a = static_cast<float>(limit);
  const bool zero = max_magnitude < kFixedPointSmallest;
  const bool finite = max_magnitude <= std::numeric_limits<float>::max();
  // Divides in every case and selects afterwards.
  const float t = max_magnitude / a, inverse = a / std::max(max_magnitude, kFixedPointSmallest);
  const float not_a_number = std::numeric_limits<float>::quiet_NaN();
  return {zero ? 0.0f : (finite ? t : not_a_number), zero || !finite ? 0.0f : inverse};
}

float QuantizeFixedRow(const float* x, size_t n, int32_t limit, int32_t* xq) {
  return BestInteger().quantize_fixed(x, n, limit, xq);
}
void SplitFixedRow(const int32_t* xq, size_t n, uint8_t* high, uint8_t* low) {
  BestInteger().split_fixed(xq, n, high, low);
}
void CombineFixedPlanes(const int32_t* high, const int32_t* low, const int32_t* weight_sums,
                        size_t n, int32_t* acc) {
  BestInteger().combine_fixed(high, low, weight_sums, n, acc);
}
void ScaleFixedRow(const int32_t* acc, size_t n, float t, const float* scales, const float* bias,
                   float* y) {
  BestInteger().scale_fixed(acc, n, t, scales, bias, y);
}
void ScaleInt8Row(const int32_t* acc, const int32_t* weight_sums, size_t n, float t,
                  const float* scales, const float* bias, float* y) {
  BestInteger().scale_int8(acc, weight_sums, n, t, scales, bias, y);
}
void ScaleAddInt8Row(const int32_t* acc, const int32_t* weight_sums, size_t n, float t,
                     const float* scales, const float* bias, float* y) {
  BestInteger().scale_add_int8(acc, weight_sums, n, t, scales, bias, y);
}
void SplitRingRow(const uint32_t* x, size_t n, const RingPlanes<uint8_t>& planes) {
  BestInteger().split_ring(x, n, planes);
}
void CombineRingPlanes(const RingPlanes<const uint32_t>& planes, size_t n, uint32_t* y) {
  BestInteger().combine_ring(planes, n, y);
}

}  // namespace sotto
