#include "accelerator/devices/signed_digits.h"

#include <gtest/gtest.h>

#include <random>

namespace sotto {
namespace {

uint32_t Recombined(uint32_t word) {
  uint32_t sum = 0;
  for (int p = 0; p < 4; ++p) {
    sum += static_cast<uint32_t>(int32_t{TakeSignedDigit(word)}) << (8 * p);
  }
  return sum;
}

TEST(SignedDigits, SumToTheWordModulo32Bits) {
  for (const uint32_t word : {0u, 1u, 0x7fu, 0x80u, 0xffu, 0x7fffffffu, 0x80000000u, 0x80808080u,
                              0x7f7f7f7fu, 0xffffff80u, 0xffffffffu}) {
    EXPECT_EQ(Recombined(word), word);
  }
  std::mt19937 random(3);
  for (int i = 0; i < 100000; ++i) {
    const auto word = static_cast<uint32_t>(random());
    ASSERT_EQ(Recombined(word), word);
  }
}

}  // namespace
}  // namespace sotto
