#include "trusted/split/field_dot.h"

#include "base/check.h"
#include "trusted/split/field.h"
#include "trusted/split/field_kernels.h"

namespace sotto {

const IsaTable<FieldKernels>& FieldTable() {
  static const IsaTable<FieldKernels> table{&kPortableField, &kAvx512Field, &kAvx512IfmaField};
  return table;
}

uint64_t OffsetFieldDot(std::span<const int32_t> values, std::span<const uint64_t> field) {
  SOTTO_CHECK(values.size() == field.size());
  return FieldTable().best().offset_dot(values, field);
}

uint64_t FieldOffset(std::span<const uint64_t> field) {
  Uint128 sum = 0;
  for (uint64_t f : field) sum += f;
  return FieldMultiply(FieldReduce128(sum), uint64_t{1} << 31);
}

void AccumulateFieldColumns(ConstMatrixView<int16_t> w, const uint64_t* s, int64_t* low,
                            int64_t* high) {
  FieldTable().best().accumulate_columns(w, s, low, high);
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
