#include "kernels/oblivious_row.h"

#include <bit>

namespace sotto {
namespace {

uint32_t Bits(float x) { return std::bit_cast<uint32_t>(x); }

// All ones when a == b, else zero, without a comparison that a compiler could turn into a branch.
uint32_t EqualMask(uint32_t a, uint32_t b) {
  const uint32_t different = a ^ b;
  return ((different | (0u - different)) >> 31) - 1;
}

}  // namespace

void MaskRow(const float* x, size_t n, uint64_t mask, float* y) {
  const auto keep = static_cast<uint32_t>(mask);
  for (size_t i = 0; i < n; ++i) y[i] = std::bit_cast<float>(Bits(x[i]) & keep);
}

double MaskNumber(double x, uint64_t mask) {
  return std::bit_cast<double>(std::bit_cast<uint64_t>(x) & mask);
}

void ObliviousRow(ConstMatrixView<float> x, size_t index, float* y) {
  for (size_t j = 0; j < x.cols(); ++j) y[j] = 0.0f;
  for (size_t i = 0; i < x.rows(); ++i) {
    const uint32_t mask = EqualMask(static_cast<uint32_t>(i), static_cast<uint32_t>(index));
    const float* const row = x.row(i);
    for (size_t j = 0; j < x.cols(); ++j) {
      y[j] = std::bit_cast<float>(Bits(y[j]) | (Bits(row[j]) & mask));
    }
  }
}

float ObliviousElement(const float* x, size_t n, size_t index) {
  uint32_t chosen = 0;
  for (size_t i = 0; i < n; ++i) {
    chosen |= Bits(x[i]) & EqualMask(static_cast<uint32_t>(i), static_cast<uint32_t>(index));
  }
  return std::bit_cast<float>(chosen);
}

void ObliviousSetElement(float* x, size_t n, size_t index, float value) {
  for (size_t i = 0; i < n; ++i) {
    const uint32_t mask = EqualMask(static_cast<uint32_t>(i), static_cast<uint32_t>(index));
    x[i] = std::bit_cast<float>((Bits(value) & mask) | (Bits(x[i]) & ~mask));
  }
}

}  // namespace sotto
