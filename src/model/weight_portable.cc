#include "model/weight_loops.h"

namespace sotto {
namespace {

bool Convert(DType dtype, const uint8_t* source, size_t count, float* target) {
  switch (dtype) {
    case DType::kF32:
      return ConvertLoop<float>(source, count, target);
    case DType::kF16:
      return ConvertLoop<Half>(source, count, target);
    case DType::kBF16:
      return ConvertLoop<BFloat16>(source, count, target);
  }
  return false;
}

RowQuantum QuantizeRow(const float* w, size_t n, int8_t* wq) {
  return QuantizeLoop(w, n, 127.0f, wq);
}

RowQuantum QuantizeRowWide(const float* w, size_t n, int32_t largest, int16_t* wq) {
  return QuantizeLoop(w, n, static_cast<float>(largest), wq);
}

uint32_t Crc(uint32_t state, std::span<const uint8_t> data) { return Crc32cLoop(state, data); }

}  // namespace

constinit const WeightKernels kPortableWeights = {Isa::kPortable, Convert, QuantizeRow,
                                                  QuantizeRowWide, Crc};

}  // namespace sotto
