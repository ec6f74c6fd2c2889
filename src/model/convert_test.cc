#include "model/convert.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "base/float_types.h"

namespace sotto {
namespace {

// Every 16-bit pattern, at an odd address and an odd count, against the scalar conversion.
template <typename Stored>
void ExpectAllPatternsConvert(DType dtype) {
  constexpr size_t kCount = 65536 - 1;
  std::vector<uint8_t> bytes(1 + 2 * kCount);
  for (size_t i = 0; i < kCount; ++i) {
    const auto bits = static_cast<uint16_t>(i);
    std::memcpy(&bytes[1 + 2 * i], &bits, 2);
  }
  std::vector<float> floats(kCount);
  EXPECT_FALSE(ConvertToFloat(dtype, &bytes[1], kCount, floats.data()));
  for (size_t i = 0; i < kCount; ++i) {
    const float expected = ToFloat(Stored{static_cast<uint16_t>(i)});
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(floats[i])) << i;
    } else {
      ASSERT_EQ(std::bit_cast<uint32_t>(floats[i]), std::bit_cast<uint32_t>(expected)) << i;
    }
  }
}

TEST(ConvertTest, EveryBFloat16) { ExpectAllPatternsConvert<BFloat16>(DType::kBF16); }
TEST(ConvertTest, EveryHalf) { ExpectAllPatternsConvert<Half>(DType::kF16); }

// One bad value at each place of a vector and of its tail is noticed, and none where there is none.
template <typename Bits>
void ExpectBadValuesNoticed(DType dtype, std::vector<Bits> bad_values, Bits largest) {
  for (const size_t count : {1u, 7u, 16u, 37u}) {
    std::vector<Bits> values(count, largest);
    std::vector<float> floats(count);
    const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
    EXPECT_TRUE(ConvertToFloat(dtype, bytes, count, floats.data()));
    for (size_t i = 0; i < count; ++i) {
      for (const Bits bad : bad_values) {
        values[i] = bad;
        EXPECT_FALSE(ConvertToFloat(dtype, bytes, count, floats.data())) << count << " " << i;
      }
      values[i] = largest;
    }
  }
}

TEST(ConvertTest, NanAndInfinityAreNoticedWhereverTheyAre) {
  ExpectBadValuesNoticed<uint32_t>(DType::kF32, {0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001},
                                   0xff7fffff);
  ExpectBadValuesNoticed<uint16_t>(DType::kF16, {0x7c00, 0xfc00, 0x7e00, 0x7c01}, 0xfbff);
  ExpectBadValuesNoticed<uint16_t>(DType::kBF16, {0x7f80, 0xff80, 0x7fc0, 0x7f81}, 0xff7f);
}

TEST(ConvertTest, NothingIsFinite) {
  EXPECT_TRUE(ConvertToFloat(DType::kF16, nullptr, 0, nullptr));
}

}  // namespace
}  // namespace sotto
