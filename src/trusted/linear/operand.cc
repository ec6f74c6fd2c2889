#include "trusted/linear/operand.h"

#include <cstring>

#include "kernels/elementwise.h"
#include "kernels/fixed_point.h"

namespace sotto {
namespace {

size_t Planes(Precision precision) { return precision == Precision::kFixed ? 2 : 1; }

void WriteF32(const LinearInput& input, const float* x, size_t n, float* out) {
  if (input.rms_weight != nullptr) return RmsNormRow(x, input.rms_weight, n, input.rms_eps, out);
  std::memcpy(out, x, n * sizeof(float));
}

void WriteBf16(const LinearInput& input, const float* x, size_t n, BFloat16* out) {
  if (input.rms_weight != nullptr) return RmsNormRow(x, input.rms_weight, n, input.rms_eps, out);
  ConvertRow(x, n, out);
}

float WriteInt8(const LinearInput& input, const float* x, size_t n, uint8_t* out) {
  return input.rms_weight == nullptr
             ? QuantizeInt8Row(x, n, out)
             : RmsNormQuantizeInt8Row(x, input.rms_weight, n, input.rms_eps, out);
}

float WriteFixed(const PackedLayer& layer, const LinearInput& input, const float* x, size_t n,
                 uint8_t* high, uint8_t* low, uint8_t* scratch) {
  float* normed = reinterpret_cast<float*>(scratch);
  int32_t* xq = reinterpret_cast<int32_t*>(scratch + n * sizeof(float));
  if (input.rms_weight != nullptr) {
    RmsNormRow(x, input.rms_weight, n, input.rms_eps, normed);
    x = normed;
  }
  const float t = QuantizeFixedRow(x, n, layer.activation_limit, xq);
  SplitFixedRow(xq, n, high, low);
  return t;
}

}  // namespace

size_t OperandBlockBytes(Precision precision, size_t n_in) {
  return kGemmRowBlock * GemmRowBytes(OperandsOf(precision), n_in) * Planes(precision);
}

size_t OperandScratchBytes(size_t n_in) { return n_in * (sizeof(float) + sizeof(int32_t)); }

void WriteOperandRow(const PackedLayer& layer, const LinearInput& input, size_t row,
                     const Operand& operand, uint8_t* scratch) {
  const size_t n = layer.weights.n_in();
  const float* x = input.x.row(row);
  uint8_t* out = operand.Row(row);
  switch (layer.precision) {
    case Precision::kF32:
      return WriteF32(input, x, n, reinterpret_cast<float*>(out));
    case Precision::kBf16:
      return WriteBf16(input, x, n, reinterpret_cast<BFloat16*>(out));
    case Precision::kInt8:
      operand.row_scales[row] = WriteInt8(input, x, n, out);
      return;
    case Precision::kFixed:
      operand.row_scales[row] =
          WriteFixed(layer, input, x, n, out, out + operand.plane_bytes, scratch);
      return;
  }
}

void ZeroOperandRows(const PackedLayer& layer, size_t begin, size_t end, const Operand& operand) {
  const size_t row_bytes = operand.plane_bytes / kGemmRowBlock;
  for (size_t row = begin; row < end; ++row) {
    for (size_t plane = 0; plane < Planes(layer.precision); ++plane) {
      std::memset(operand.Row(row) + plane * operand.plane_bytes, 0, row_bytes);
    }
  }
}

}  // namespace sotto
