#include "kernels/oblivious_select.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "kernels/oblivious_select_kernels.h"

namespace sotto {
namespace {

size_t DivideUp(size_t n, size_t unit) { return (n + unit - 1) / unit; }

Matrix<uint16_t> PackRows(ConstMatrixView<uint16_t> table) {
  const size_t blocks = DivideUp(table.rows(), kSelectRows);
  Matrix<uint16_t> packed(DivideUp(table.cols(), kSelectPanelWords) * blocks,
                          kSelectPanelWords * kSelectRows);
  std::fill_n(packed.view().data(), packed.view().size(),
              uint16_t{0x5555});  // What was there goes.
  for (size_t b = 0; b < blocks; ++b) {
    const size_t begin = b * kSelectRows;
    PackSelectBlock(table.Rows(begin, std::min(kSelectRows, table.rows() - begin)), b, blocks,
                    packed.view());
  }
  return packed;
}

class ObliviousSelectTest : public testing::TestWithParam<const ObliviousSelectKernel*> {
 protected:
  // Looks `ids` up in every panel of a random table and compares with plain indexing.
  void Check(size_t rows, size_t words, const std::vector<int32_t>& ids) {
    Matrix<uint16_t> table(rows, words), out(kSelectPanelWords, ids.size() + 1);
    for (size_t i = 0; i < rows * words; ++i) table.view().data()[i] = random_();
    const Matrix<uint16_t> packed = PackRows(table.view());
    const size_t blocks = DivideUp(rows, kSelectRows);
    for (size_t p = 0; p < DivideUp(words, kSelectPanelWords); ++p) {
      std::fill_n(out.view().data(), out.view().size(), uint16_t{0xaaaa});
      GetParam()->select(ids, packed.view().Rows(p * blocks, blocks),
                         out.view().Cols(0, ids.size()));
      for (size_t w = 0; w < kSelectPanelWords; ++w) {
        const size_t word = p * kSelectPanelWords + w;
        for (size_t t = 0; t < ids.size(); ++t) {
          const uint16_t expected = word < words ? table.view()(ids[t], word) : 0;
          ASSERT_EQ(out.view()(w, t), expected) << rows << " " << word << " " << t;
        }
        ASSERT_EQ(out.view()(w, ids.size()), 0xaaaa) << "wrote beyond its columns";
      }
    }
  }

  std::mt19937 random_{5};
};

TEST_P(ObliviousSelectTest, IsALookupOfAnyBits) {
  for (const size_t words : {1, 4, 7}) {
    for (const size_t rows : {1, 31, 32, 33, 100}) {
      for (const size_t count : {1, 31, 32, 100, 128, 161, 288}) {
        std::vector<int32_t> ids(count);
        for (int32_t& id : ids) id = static_cast<int32_t>(random_() % rows);
        Check(rows, words, ids);
      }
    }
  }
}

// Blocks are numbered in 16 bits: the ends of that range, and rows 2^16 apart, are told apart.
TEST_P(ObliviousSelectTest, TellsDistantRowsApart) {
  constexpr int32_t kLast = 70000;
  std::vector<int32_t> ids(32, 1);
  ids[0] = 0, ids[1] = 31, ids[2] = 32, ids[3] = 65535, ids[4] = 65536, ids[5] = 65537;
  ids[31] = kLast;
  Check(kLast + 1, 2, ids);
}

INSTANTIATE_TEST_SUITE_P(All, ObliviousSelectTest,
                         testing::ValuesIn(ObliviousSelectTable().runnable().begin(),
                                           ObliviousSelectTable().runnable().end()),
                         [](const auto& info) { return std::string(IsaName(info.param->isa)); });

TEST(ObliviousSelectDispatchTest, TakesTheBestKernel) {
  Matrix<uint16_t> table(40, 4), out(kSelectPanelWords, 3), expected(kSelectPanelWords, 3);
  for (size_t i = 0; i < table.view().size(); ++i) {
    table.view().data()[i] = static_cast<uint16_t>(i * 2654435761u >> 16);
  }
  const Matrix<uint16_t> packed = PackRows(table.view());
  const std::vector<int32_t> ids = {39, 0, 33};
  ObliviousSelect(ids, packed.view(), out.view());
  ObliviousSelectTable().best().select(ids, packed.view(), expected.view());
  for (size_t i = 0; i < out.view().size(); ++i) {
    EXPECT_EQ(out.view().data()[i], expected.view().data()[i]);
  }
}

}  // namespace
}  // namespace sotto
