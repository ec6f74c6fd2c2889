#include "protocol/blinded.h"

#include <type_traits>
#include <vector>

#include "gtest/gtest.h"

namespace sotto {
namespace {

// What must not compile is tried by the tests blinded_must_not_compile_*; these hold here already.
static_assert(!std::is_default_constructible_v<BlindingKey>);
static_assert(!std::is_constructible_v<BlindedRows, ConstMatrixView<uint32_t>>);
static_assert(!std::is_constructible_v<BlindedRows, ConstMatrixView<float>>);
static_assert(!std::is_convertible_v<ConstMatrixView<float>, BlindedRows>);
static_assert(!std::is_default_constructible_v<BlindedRows>);

TEST(AnswerRowsTest, CoversTheCallersMatrix) {
  std::vector<float> y(6);
  const AnswerRows answer(MatrixView<float>(y.data(), 2, 3));
  EXPECT_EQ(answer.format(), NumberFormat::kF32);
  EXPECT_EQ(answer.bytes().data(), reinterpret_cast<uint8_t*>(y.data()));
  EXPECT_EQ(answer.bytes().size(), 24u);
}

TEST(AnswerRowsTest, RefusesGapsBetweenRows) {
  std::vector<float> y(8);
  EXPECT_DEATH(AnswerRows(MatrixView<float>(y.data(), 2, 3, 4)), "stride");
}

}  // namespace
}  // namespace sotto
