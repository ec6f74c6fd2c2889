#include "kernels/rope.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/reference.h"

namespace sotto {
namespace {

TEST(RopeTest, EqualsTheReferenceAtLargePositions) {
  for (size_t half : {1, 4, 13, 32}) {
    std::vector<double> frequencies(half);
    for (size_t i = 0; i < half; ++i) frequencies[i] = std::pow(500000.0, -1.0 * i / half);
    const size_t first = 131000, rows = 5;
    Matrix<float> cos(rows, half), sin(rows, half);
    FillRopeTable(frequencies, first, cos.view(), sin.view());
    for (size_t r = 0; r < rows; ++r) {
      std::vector<float> x(2 * half);
      for (size_t i = 0; i < x.size(); ++i) x[i] = 0.3f * static_cast<float>(i) - 1.0f;
      const reference::Row expected = reference::Rope({x.begin(), x.end()}, first + r, frequencies);
      RotateHead(x.data(), cos.view().row(r), sin.view().row(r), half, x.data());
      // Table entry, product and sum: three roundings of each of two terms.
      for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(x[i], expected[i], 20 * 3 * 0x1p-24);
    }
  }
}

}  // namespace
}  // namespace sotto
