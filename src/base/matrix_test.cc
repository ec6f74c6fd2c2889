#include "base/matrix.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace sotto {
namespace {

TEST(Matrix, ViewsShareElements) {
  Matrix<int> m(3, 4);
  for (size_t i = 0; i < 12; ++i) m.view().data()[i] = static_cast<int>(i);
  const MatrixView<int> part = m.view().Rows(1, 2).Cols(2, 2);
  EXPECT_EQ(part(0, 0), 6);
  EXPECT_EQ(part(1, 1), 11);
  part(1, 1) = 42;
  EXPECT_EQ(m.view()(2, 3), 42);
  EXPECT_EQ(part.stride(), 4u);
}

TEST(Matrix, AllocationsAreAligned) {
  for (size_t bytes : {size_t{1}, size_t{100}, size_t{5} << 20}) {
    void* p = AlignedAlloc(bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(p) % 64, 0u);
    AlignedFree(p);
  }
}

TEST(MatrixDeathTest, OutOfRangeViewIsOurBug) {
  Matrix<int> m(3, 4);
  EXPECT_DEATH(m.view().Rows(2, 2), "check failed");
}

}  // namespace
}  // namespace sotto
