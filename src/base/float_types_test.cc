#include "base/float_types.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace sotto {
namespace {

TEST(BFloat16, RoundTripsEveryValue) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float f = ToFloat(BFloat16{static_cast<uint16_t>(bits)});
    if (std::isnan(f)) {
      EXPECT_TRUE(std::isnan(ToFloat(ToBFloat16(f))));
    } else {
      EXPECT_EQ(ToBFloat16(f).bits, bits);
    }
  }
}

TEST(BFloat16, RoundsHalfToEven) {
  EXPECT_EQ(ToBFloat16(std::bit_cast<float>(0x3f808000u)).bits, 0x3f80);
  EXPECT_EQ(ToBFloat16(std::bit_cast<float>(0x3f818000u)).bits, 0x3f82);
  EXPECT_EQ(ToBFloat16(std::bit_cast<float>(0x3f808001u)).bits, 0x3f81);
  EXPECT_TRUE(std::isinf(ToFloat(ToBFloat16(std::numeric_limits<float>::max()))));
}

// Truth by the definition of binary16: sign, 5 exponent bits with bias 15, 10 mantissa bits.
TEST(Half, ConvertsEveryValueExactly) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const int exponent = (bits >> 10) & 31, mantissa = bits & 1023;
    const double sign = (bits >> 15) != 0 ? -1.0 : 1.0;
    const float f = ToFloat(Half{static_cast<uint16_t>(bits)});
    if (exponent == 31) {
      EXPECT_TRUE(mantissa == 0 ? std::isinf(f) : std::isnan(f));
    } else if (exponent == 0) {
      EXPECT_EQ(f, sign * std::ldexp(mantissa, -24));
    } else {
      EXPECT_EQ(f, sign * std::ldexp(1024 + mantissa, exponent - 25));
    }
  }
}

}  // namespace
}  // namespace sotto
