#include "kernels/gemm_form.h"

#include "kernels/elementwise.h"

namespace sotto {
namespace {

// Calls take(source, target) for every row.
template <typename From, typename To, typename Take>
void ForRows(const void* source, size_t source_bytes, void* target, size_t target_bytes,
             size_t rows, Take take) {
  for (size_t i = 0; i < rows; ++i) {
    take(reinterpret_cast<const From*>(static_cast<const uint8_t*>(source) + i * source_bytes),
         reinterpret_cast<To*>(static_cast<uint8_t*>(target) + i * target_bytes));
  }
}

template <typename Bits>
void MapBytes(const void* bytes, size_t rows, size_t n_in, void* out, Bits bits) {
  const size_t row_bytes = GemmRowBytes(GemmOperands::kU8S8, n_in);
  ForRows<uint8_t, uint8_t>(bytes, row_bytes, out, row_bytes, rows,
                            [&](const uint8_t* from, uint8_t* to) {
                              for (size_t k = 0; k < n_in; ++k) to[k] = bits(from[k]);
                            });
}

}  // namespace

GemmForm GemmFormOf(GemmOperands operands) {
  switch (operands) {
    case GemmOperands::kF32:
      return {GemmOperands::kF32};
    case GemmOperands::kF32ByBf16:
      return {.multiplied = GemmOperands::kF32, .narrow_weights = true};
    case GemmOperands::kBf16:
      if (GemmIsNative(operands)) return {operands};
      return {.multiplied = GemmOperands::kF32, .narrow_weights = true, .widen_rows = true};
    case GemmOperands::kU8S8:
    case GemmOperands::kU8S16:
      return {.multiplied = GemmOperands::kU8S8,
              .split_rows = !GemmIsNative(operands),
              .two_planes = operands == GemmOperands::kU8S16};
  }
  return {operands};
}

size_t KeptGemmBytes(const GemmForm& form, size_t packed_bytes) {
  if (form.narrow_weights) return packed_bytes / 2;
  return form.two_planes ? 2 * packed_bytes : packed_bytes;
}

void NarrowWeights(std::span<const uint32_t> wide, uint16_t* narrow) {
  for (size_t i = 0; i < wide.size(); ++i) narrow[i] = static_cast<uint16_t>(wide[i] >> 16);
}

void WidenWeights(const BFloat16* narrow, std::span<float> wide) {
  WidenRow(narrow, wide.size(), wide.data());
}

void WidenRows(const void* bf16, size_t rows, size_t n_in, void* f32) {
  ForRows<BFloat16, float>(bf16, GemmRowBytes(GemmOperands::kBf16, n_in), f32,
                           GemmRowBytes(GemmOperands::kF32, n_in), rows,
                           [&](const BFloat16* from, float* to) { WidenRow(from, n_in, to); });
}

void LowPlane(std::span<const int16_t> weights, int8_t* low) {
  for (size_t i = 0; i < weights.size(); ++i) low[i] = static_cast<int8_t>(weights[i]);
}

// What is left is a multiple of 2^kPlaneBits.
void HighPlane(std::span<const int16_t> weights, int8_t* high) {
  for (size_t i = 0; i < weights.size(); ++i) {
    const int left = weights[i] - static_cast<int8_t>(weights[i]);
    high[i] = static_cast<int8_t>(left >> kPlaneBits);
  }
}

void LowBits(const void* bytes, size_t rows, size_t n_in, void* low) {
  MapBytes(bytes, rows, n_in, low, [](uint8_t b) { return static_cast<uint8_t>(b & 0x7f); });
}

void HighBits(const void* bytes, size_t rows, size_t n_in, void* high) {
  MapBytes(bytes, rows, n_in, high, [](uint8_t b) { return static_cast<uint8_t>(b >> kLowBits); });
}

void AddShiftedTile(const uint32_t* high, int bits, size_t rows, size_t columns, uint32_t* tile) {
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < columns; ++j) {
      tile[i * kGemmColumnBlock + j] += high[i * kGemmColumnBlock + j] << bits;
    }
  }
}

}  // namespace sotto
