#include "trusted/split/field.h"
#include "trusted/split/field_kernels.h"

namespace sotto {
namespace {

uint64_t OffsetDot(std::span<const int32_t> values, std::span<const uint64_t> field) {
  // Terms are below 2^93: 2^35 of them fit.
  Uint128 sum = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const uint32_t offset_value = static_cast<uint32_t>(values[i]) ^ 0x80000000u;
    sum += Uint128{offset_value} * field[i];
  }
  return FieldReduce128(sum);
}

void AccumulateColumns(ConstMatrixView<int16_t> w, const uint64_t* s, int64_t* low, int64_t* high) {
  for (size_t j = 0; j < w.rows(); ++j) {
    const int64_t s_low = static_cast<int64_t>(s[j] & 0x7fffffffu);
    const int64_t s_high = static_cast<int64_t>(s[j] >> 31);
    const int16_t* row = w.row(j);
    for (size_t i = 0; i < w.cols(); ++i) {
      low[i] += row[i] * s_low;
      high[i] += row[i] * s_high;
    }
  }
}

}  // namespace

constinit const FieldKernels kPortableField = {Isa::kPortable, OffsetDot, AccumulateColumns};

}  // namespace sotto
