// Inner products of integers with vectors over F_p: the whole cost of verification. Equal to the
// bit on every instruction set; none branches or indexes on its data.
#ifndef SOTTO_TRUSTED_SPLIT_FIELD_DOT_H_
#define SOTTO_TRUSTED_SPLIT_FIELD_DOT_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/matrix.h"

namespace sotto {

// sum_i (values[i] + 2^31) * field[i] modulo p, in [0, p). The offset makes the terms non-negative;
// the caller takes FieldOffset(field) off again, once for many sums. values.size() ==
// field.size(), each field[i] in [0, p).
uint64_t OffsetFieldDot(std::span<const int32_t> values, std::span<const uint64_t> field);
// 2^31 * sum_i field[i] modulo p.
uint64_t FieldOffset(std::span<const uint64_t> field);

// u[i] += sum_j w(j, i) * s[j], kept as two exact partial sums that FieldColumns() joins:
// low[i] += sum_j w(j, i) * (s[j] mod 2^31), high[i] += sum_j w(j, i) * (s[j] div 2^31). Neither
// overflows while at most kMaxFieldRows rows are added in all: 2047 * 2^31 * 2^20 < 2 p.
// w: [rows, n], |w| <= 2047; s: [rows], in [0, p); low, high: [n].
inline constexpr size_t kMaxFieldRows = size_t{1} << 20;
void AccumulateFieldColumns(ConstMatrixView<int16_t> w, const uint64_t* s, int64_t* low,
                            int64_t* high);
// u[i] = low[i] + 2^31 high[i] modulo p, in [0, p).
void FieldColumns(const int64_t* low, const int64_t* high, std::span<uint64_t> u);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_FIELD_DOT_H_
