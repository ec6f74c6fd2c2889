#include "model/weight_kernels.h"

#include <algorithm>

#include "model/convert.h"
#include "model/crc32c.h"
#include "model/quantized_weights.h"

namespace sotto {
namespace {

constexpr uint32_t kLargestProduct = (1u << 31) - 1;  // A * max_l1 < 2^31.

RowQuantum QuantizeWideRow(const float* w, size_t n, int16_t* wq) {
  constexpr uint64_t kLargestNorm = kLargestProduct / kSmallestWideLimit;
  const auto quantize = WeightTable().best().quantize_row_wide;
  const RowQuantum widest = quantize(w, n, kLargestWideWeight, wq);
  if (widest.l1_norm <= kLargestNorm) return widest;
  const uint64_t room = kLargestNorm - std::min<uint64_t>(kLargestNorm, n);
  const auto fits = static_cast<int32_t>(kLargestWideWeight * room / (widest.l1_norm + n));
  return quantize(w, n, std::max(kLargestNarrowWeight, fits), wq);
}

}  // namespace

const IsaTable<WeightKernels>& WeightTable() {
  static const IsaTable<WeightKernels> table{&kPortableWeights, &kAvx2Weights};
  return table;
}

bool ConvertToFloat(DType dtype, const uint8_t* source, size_t count, float* target) {
  return WeightTable().best().convert(dtype, source, count, target);
}

void QuantizeWeightRows(ConstMatrixView<float> w, MatrixView<int8_t> wq, float* scales,
                        uint32_t* l1_norms) {
  const WeightKernels& kernels = WeightTable().best();
  for (size_t j = 0; j < w.rows(); ++j) {
    const RowQuantum quantum = kernels.quantize_row(w.row(j), w.cols(), wq.row(j));
    scales[j] = quantum.scale;
    l1_norms[j] = quantum.l1_norm;
  }
}

void QuantizeFixedWeightRows(ConstMatrixView<float> w, FixedWeights width, MatrixView<int16_t> wq,
                             float* scales, uint32_t* l1_norms) {
  const WeightKernels& kernels = WeightTable().best();
  for (size_t j = 0; j < w.rows(); ++j) {
    const RowQuantum quantum =
        width == FixedWeights::k12Bits
            ? QuantizeWideRow(w.row(j), w.cols(), wq.row(j))
            : kernels.quantize_row_wide(w.row(j), w.cols(), kLargestNarrowWeight, wq.row(j));
    scales[j] = quantum.scale;
    l1_norms[j] = quantum.l1_norm;
  }
}

int32_t ActivationLimit(uint32_t max_l1) {
  constexpr uint32_t kLargestLimit = (1u << 15) - 1;
  if (max_l1 == 0) return kLargestLimit;
  return static_cast<int32_t>(std::min(kLargestLimit, kLargestProduct / max_l1));
}

uint32_t Crc32c(std::span<const uint8_t> data) {
  return ~WeightTable().best().crc32c(0xffffffffu, data);
}

}  // namespace sotto
