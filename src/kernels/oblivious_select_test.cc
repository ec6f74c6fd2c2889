#include "kernels/oblivious_select.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

namespace sotto {
namespace {

using Select = void (*)(std::span<const int32_t>, ConstMatrixView<uint32_t>, MatrixView<uint32_t>);

class ObliviousSelectTest : public testing::TestWithParam<Select> {};

TEST_P(ObliviousSelectTest, IsALookupOfAnyBits) {
  std::mt19937 random(5);
  for (const size_t words : {16, 48, 128}) {
    for (const size_t rows : {1, 31, 32, 33, 100}) {
      for (const size_t count : {1, 2, 3, 5, 255, 256, 300}) {
        Matrix<uint32_t> table(rows, words + 16), out(count, words + 16);
        for (size_t i = 0; i < rows * (words + 16); ++i) table.view().data()[i] = random();
        std::memset(out.view().data(), 0xaa, out.view().size() * 4);  // What was there goes.
        std::vector<int32_t> ids(count);
        for (int32_t& id : ids) id = static_cast<int32_t>(random() % rows);
        GetParam()(ids, table.view().Cols(0, words), out.view().Cols(0, words));
        for (size_t t = 0; t < count; ++t) {
          ASSERT_EQ(std::memcmp(out.view().row(t), table.view().row(ids[t]), words * 4), 0)
              << words << " " << rows << " " << count << " " << t;
          ASSERT_EQ(out.view()(t, words), 0xaaaaaaaau) << "wrote beyond its columns";
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, ObliviousSelectTest,
                         testing::Values(&ObliviousSelect, &ObliviousSelectPortable));

}  // namespace
}  // namespace sotto
