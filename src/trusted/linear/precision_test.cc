#include <gtest/gtest.h>

#include <string>

#include "kernels/measured_rates.h"
#include "trusted/linear/local.h"

namespace sotto {
namespace {

TEST(PrecisionTest, NamesAndValuesAgree) {
  for (Precision precision :
       {Precision::kF32, Precision::kBf16, Precision::kInt8, Precision::kFixed}) {
    EXPECT_EQ(*ParsePrecision(PrecisionName(precision)), precision);
  }
}

TEST(PrecisionTest, AutoIsWhatWasMeasuredToBeFaster) {
  const bool bf16 = ProductRates().bf16_is_faster();
  EXPECT_EQ(*ParsePrecision("auto"), bf16 ? Precision::kBf16 : Precision::kF32);
  EXPECT_EQ(*ParsePrecision("auto"), *ParsePrecision("auto"));
}

TEST(PrecisionTest, OthersAreRefusedByName) {
  for (const char* name : {"", "F32", "fp8", "auto "}) {
    const auto precision = ParsePrecision(name);
    EXPECT_EQ(precision.status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_NE(std::string(ParsePrecision("fp8").status().message()).find("\"fp8\""),
            std::string::npos);
}

TEST(PrecisionTest, ExactPrecisionsHaveExactAttention) {
  EXPECT_EQ(AttentionPrecisionFor(Precision::kF32), AttentionPrecision::kF32);
  EXPECT_EQ(AttentionPrecisionFor(Precision::kFixed), AttentionPrecision::kF32);
}

TEST(PrecisionTest, RoundedPrecisionsHaveTheFasterAttention) {
  const AttentionPrecision faster =
      AttentionRates().bf16_is_faster() ? AttentionPrecision::kBf16 : AttentionPrecision::kF32;
  EXPECT_EQ(AttentionPrecisionFor(Precision::kBf16), faster);
  EXPECT_EQ(AttentionPrecisionFor(Precision::kInt8), faster);
}

}  // namespace
}  // namespace sotto
