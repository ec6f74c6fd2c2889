// One implementation of convert.h, crc32c.h and quantized_weights.h an instruction set, all equal
// to the bit (but for the payload of a NaN). Those headers say what each function does.
#ifndef SOTTO_MODEL_WEIGHT_KERNELS_H_
#define SOTTO_MODEL_WEIGHT_KERNELS_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/isa.h"
#include "model/dtype.h"

namespace sotto {

struct RowQuantum {
  float scale;
  uint32_t l1_norm;
};

struct WeightKernels {
  Isa isa;
  bool (*convert)(DType dtype, const uint8_t* source, size_t count, float* target);
  // wq: [n]
  RowQuantum (*quantize_row)(const float* w, size_t n, int8_t* wq);
  // The same with `largest` in the place of 127.
  RowQuantum (*quantize_row_wide)(const float* w, size_t n, int32_t largest, int16_t* wq);
  // From one state of the checksum to the next.
  uint32_t (*crc32c)(uint32_t state, std::span<const uint8_t> data);
};

// Every processor with AVX2 has F16C and SSE4.2, whose instructions kAvx2Weights uses too.
extern const WeightKernels kPortableWeights, kAvx2Weights;

const IsaTable<WeightKernels>& WeightTable();

}  // namespace sotto

#endif  // SOTTO_MODEL_WEIGHT_KERNELS_H_
