// From the integer products of the int8 precision to floats.
#ifndef SOTTO_KERNELS_INT8_SCALE_H_
#define SOTTO_KERNELS_INT8_SCALE_H_

#include <cstddef>
#include <cstdint>

namespace sotto {

// y[j] = (t * scales[j]) * float(acc[j] - 128 * weight_sums[j]), then + bias[j] unless bias is
// null. acc are products of activations offset by 128 (QuantizeInt8Row); weight_sums what the
// offset added. All [n]; y may be the memory of acc. Branches and addresses depend on n only.
void ScaleInt8Row(const int32_t* acc, const int32_t* weight_sums, size_t n, float t,
                  const float* scales, const float* bias, float* y);

// y[j] += the same.
void ScaleAddInt8Row(const int32_t* acc, const int32_t* weight_sums, size_t n, float t,
                     const float* scales, const float* bias, float* y);

}  // namespace sotto

#endif  // SOTTO_KERNELS_INT8_SCALE_H_
