#include "kernels/oblivious_select.h"

#include <cstring>

#include "base/check.h"
#include "base/cpu.h"
#include "kernels/oblivious_select_avx512.h"

namespace sotto {
namespace {

// All ones when a == b, else zero, without a comparison that a compiler could turn into a branch.
uint32_t EqualMask(uint32_t a, uint32_t b) {
  return static_cast<uint32_t>((uint64_t{a ^ b} - 1) >> 32);
}

}  // namespace

void ObliviousSelectPortable(std::span<const int32_t> ids, ConstMatrixView<uint32_t> table,
                             MatrixView<uint32_t> out) {
  for (size_t t = 0; t < ids.size(); ++t) std::memset(out.row(t), 0, out.cols() * 4);
  for (size_t row = 0; row < table.rows(); ++row) {
    const uint32_t* const source = table.row(row);
    for (size_t t = 0; t < ids.size(); ++t) {
      const uint32_t mask = EqualMask(static_cast<uint32_t>(ids[t]), static_cast<uint32_t>(row));
      uint32_t* const target = out.row(t);
      for (size_t w = 0; w < out.cols(); ++w) target[w] |= source[w] & mask;
    }
  }
}

void ObliviousSelect(std::span<const int32_t> ids, ConstMatrixView<uint32_t> table,
                     MatrixView<uint32_t> out) {
  SOTTO_CHECK(table.cols() == out.cols() && out.rows() == ids.size());
  SOTTO_CHECK(out.cols() % 16 == 0 && out.cols() <= kSelectStripWords);
  if (Cpu().avx512) return ObliviousSelectAvx512(ids, table, out);
  ObliviousSelectPortable(ids, table, out);
}

}  // namespace sotto
