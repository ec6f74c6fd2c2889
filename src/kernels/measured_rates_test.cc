#include "kernels/measured_rates.h"

#include <gtest/gtest.h>

#include "base/cpu.h"

namespace sotto {
namespace {

TEST(MeasuredRatesTest, TheRateDecidesAndNotTheFlag) {
  // A server processor whose bf16 dot products issue at a quarter of the rate that their width
  // promises, in operations a second: bf16 is there, and half as fast.
  EXPECT_FALSE((MeasuredRates{.f32 = 175e9, .bf16 = 85e9}).bf16_is_faster());
  EXPECT_TRUE((MeasuredRates{.f32 = 264e9, .bf16 = 532e9}).bf16_is_faster());
}

TEST(MeasuredRatesTest, WhatIsEqualStaysExact) {
  EXPECT_FALSE((MeasuredRates{.f32 = 100, .bf16 = 102}).bf16_is_faster());
  EXPECT_FALSE((MeasuredRates{.f32 = 100, .bf16 = 0}).bf16_is_faster());
}

TEST(MeasuredRatesTest, MeasuresWhatTheProcessorHas) {
  EXPECT_GT(ProductRates().f32, 0);
  EXPECT_GT(AttentionRates().f32, 0);
  EXPECT_EQ(ProductRates().bf16 > 0, GemmIsNative(GemmOperands::kBf16));
  EXPECT_EQ(AttentionRates().bf16 > 0, Cpu().avx512_bf16);
}

TEST(MeasuredRatesTest, AProcessDoesNotChangeItsMind) {
  EXPECT_EQ(ProductRates().f32, ProductRates().f32);
  EXPECT_EQ(&AttentionRates(), &AttentionRates());
}

}  // namespace
}  // namespace sotto
