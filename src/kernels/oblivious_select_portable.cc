#include <cstring>
#include <vector>

#include "kernels/oblivious_select_kernels.h"

namespace sotto {
namespace {

// All ones when a == b, else zero, without a comparison that a compiler could turn into a branch.
uint16_t EqualMask(uint32_t a, uint32_t b) {
  const uint32_t different = a ^ b;
  return static_cast<uint16_t>(((different | (0u - different)) >> 31) - 1);
}

void SelectPortable(std::span<const int32_t> ids, ConstMatrixView<uint16_t> panel,
                    MatrixView<uint16_t> out) {
  for (size_t w = 0; w < out.rows(); ++w) std::memset(out.row(w), 0, out.cols() * 2);
  std::vector<uint16_t> mask(ids.size());
  for (size_t row = 0; row < panel.rows() * kSelectRows; ++row) {
    for (size_t t = 0; t < ids.size(); ++t) {
      mask[t] = EqualMask(static_cast<uint32_t>(ids[t]), static_cast<uint32_t>(row));
    }
    for (size_t w = 0; w < out.rows(); ++w) {
      const uint16_t word = panel(row / kSelectRows, w * kSelectRows + row % kSelectRows);
      uint16_t* const target = out.row(w);
      for (size_t t = 0; t < ids.size(); ++t) target[t] |= word & mask[t];
    }
  }
}

}  // namespace

constinit const ObliviousSelectKernel kPortableObliviousSelect = {Isa::kPortable, SelectPortable};

}  // namespace sotto
