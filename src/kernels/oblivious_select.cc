#include "kernels/oblivious_select.h"

#include <cstring>

#include "base/check.h"
#include "kernels/oblivious_select_kernels.h"

namespace sotto {

const IsaTable<ObliviousSelectKernel>& ObliviousSelectTable() {
  static const IsaTable<ObliviousSelectKernel> table{&kPortableObliviousSelect,
                                                     &kAvx512ObliviousSelect};
  return table;
}

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

void ObliviousSelect(std::span<const int32_t> ids, ConstMatrixView<uint16_t> panel,
                     MatrixView<uint16_t> out) {
  SOTTO_CHECK(panel.rows() * kSelectRows <= kMaxSelectRows);
  SOTTO_CHECK(panel.cols() == kSelectPanelWords * kSelectRows);
  SOTTO_CHECK(out.rows() == kSelectPanelWords && out.cols() == ids.size());
  ObliviousSelectTable().best().select(ids, panel, out);
}

}  // namespace sotto
