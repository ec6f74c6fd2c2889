#include "kernels/oblivious_select.h"

#include <cstring>
#include <vector>

#include "base/check.h"
#include "base/cpu.h"
#include "kernels/oblivious_select_avx512.h"

namespace sotto {
namespace {

// All ones when a == b, else zero, without a comparison that a compiler could turn into a branch.
uint16_t EqualMask(uint32_t a, uint32_t b) {
  const uint32_t different = a ^ b;
  return static_cast<uint16_t>(((different | (0u - different)) >> 31) - 1);
}

}  // namespace

void PackSelectBlock(ConstMatrixView<uint16_t> rows, size_t block, size_t blocks,
                     MatrixView<uint16_t> packed) {
  SOTTO_CHECK(rows.rows() <= kSelectRows && block < blocks);
  const size_t panels = (rows.cols() + kSelectPanelWords - 1) / kSelectPanelWords;
  SOTTO_CHECK(packed.rows() == panels * blocks);
  for (size_t panel = 0; panel < panels; ++panel) {
    uint16_t* const target = packed.row(panel * blocks + block);
    std::memset(target, 0, packed.cols() * sizeof(uint16_t));
    for (size_t w = 0; w < kSelectPanelWords && panel * kSelectPanelWords + w < rows.cols(); ++w) {
      for (size_t r = 0; r < rows.rows(); ++r) {
        target[w * kSelectRows + r] = rows(r, panel * kSelectPanelWords + w);
      }
    }
  }
}

void ObliviousSelectPortable(std::span<const int32_t> ids, ConstMatrixView<uint16_t> panel,
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

void ObliviousSelect(std::span<const int32_t> ids, ConstMatrixView<uint16_t> panel,
                     MatrixView<uint16_t> out) {
  SOTTO_CHECK(panel.rows() * kSelectRows <= kMaxSelectRows);
  SOTTO_CHECK(panel.cols() == kSelectPanelWords * kSelectRows);
  SOTTO_CHECK(out.rows() == kSelectPanelWords && out.cols() == ids.size());
  if (Cpu().avx512) return ObliviousSelectAvx512(ids, panel, out);
  ObliviousSelectPortable(ids, panel, out);
}

}  // namespace sotto
