#include "trusted/split/field_dot.h"

#include "base/check.h"
#include "base/cpu.h"
#include "trusted/split/field.h"

namespace sotto {
namespace field_dot_internal {

uint64_t OffsetFieldDotPortable(std::span<const int32_t> values, std::span<const uint64_t> field) {
  // Terms are below 2^93: 2^35 of them fit.
  Uint128 sum = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const uint32_t offset_value = static_cast<uint32_t>(values[i]) ^ 0x80000000u;
    sum += Uint128{offset_value} * field[i];
  }
  return FieldReduce128(sum);
}

void AccumulateFieldColumnsPortable(ConstMatrixView<int8_t> w, const uint64_t* s, int64_t* low,
                                    int64_t* high) {
  for (size_t j = 0; j < w.rows(); ++j) {
    const int64_t s_low = static_cast<int64_t>(s[j] & 0x7fffffffu);
    const int64_t s_high = static_cast<int64_t>(s[j] >> 31);
    const int8_t* row = w.row(j);
    for (size_t i = 0; i < w.cols(); ++i) {
      low[i] += row[i] * s_low;
      high[i] += row[i] * s_high;
    }
  }
}

}  // namespace field_dot_internal

using field_dot_internal::AccumulateFieldColumnsAvx512;
using field_dot_internal::AccumulateFieldColumnsPortable;
using field_dot_internal::OffsetFieldDotIfma;
using field_dot_internal::OffsetFieldDotPortable;

uint64_t OffsetFieldDot(std::span<const int32_t> values, std::span<const uint64_t> field) {
  SOTTO_CHECK(values.size() == field.size());
  static const bool ifma = Cpu().avx512 && Cpu().avx512_ifma;
  return ifma ? OffsetFieldDotIfma(values, field) : OffsetFieldDotPortable(values, field);
}

uint64_t FieldOffset(std::span<const uint64_t> field) {
  Uint128 sum = 0;
  for (uint64_t f : field) sum += f;
  return FieldMultiply(FieldReduce128(sum), uint64_t{1} << 31);
}

void AccumulateFieldColumns(ConstMatrixView<int8_t> w, const uint64_t* s, int64_t* low,
                            int64_t* high) {
  if (Cpu().avx512) return AccumulateFieldColumnsAvx512(w, s, low, high);
  AccumulateFieldColumnsPortable(w, s, low, high);
}

void FieldColumns(const int64_t* low, const int64_t* high, std::span<uint64_t> u) {
  // A multiple of p above any |sum|, added so that the reductions see non-negative numbers.
  constexpr uint64_t kLift = 2 * kFieldPrime;
  for (size_t i = 0; i < u.size(); ++i) {
    const uint64_t l = FieldReduce(static_cast<uint64_t>(low[i]) + kLift);
    const uint64_t h = FieldReduce(static_cast<uint64_t>(high[i]) + kLift);
    u[i] = FieldAdd(l, FieldMultiply(h, uint64_t{1} << 31));
  }
}

}  // namespace sotto
