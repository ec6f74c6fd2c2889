#include "kernels/measured_rates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "base/cpu.h"
#include "kernels/best_seconds.h"

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

// Moves by what the thing that is measured takes.
struct FakeClock {
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<FakeClock>;
  static time_point now() { return time_point(now_); }
  static inline duration now_{0};
};

// How often something is tried that takes so long.
int TriesOf(std::vector<int> milliseconds, double* best = nullptr) {
  int tries = 0;
  const double seconds = BestSeconds<FakeClock>([&] {
    FakeClock::now_ +=
        std::chrono::milliseconds(milliseconds[std::min<size_t>(tries++, milliseconds.size() - 1)]);
  });
  if (best != nullptr) *best = seconds;
  return tries;
}

TEST(BestSecondsTest, TriesFewerTimesOnABusyMachine) {
  EXPECT_EQ(TriesOf({0}), 8);
  EXPECT_EQ(TriesOf({2}), 3);
  EXPECT_EQ(TriesOf({100}), 1);
  double best = 0;
  EXPECT_EQ(TriesOf({4, 1, 3}, &best), 3);
  EXPECT_EQ(best, 0.001);
}

// What two rivals are said to take, in milliseconds, that take so long in turn.
RivalSeconds InTurn(std::vector<int> first, std::vector<int> second, int* rounds = nullptr) {
  size_t tries[2] = {0, 0};
  const auto trial = [&tries](const std::vector<int>& takes, int which) {
    return [&tries, &takes, which] {
      const size_t i = std::min(tries[which]++, takes.size() - 1);
      FakeClock::now_ += std::chrono::milliseconds(takes[i]);
    };
  };
  const RivalSeconds best = BestSecondsInTurn<FakeClock>(trial(first, 0), trial(second, 1));
  EXPECT_EQ(tries[0], tries[1]);
  if (rounds != nullptr) *rounds = static_cast<int>(tries[0]);
  return {.first = best.first * 1000, .second = best.second * 1000};
}

TEST(BestSecondsTest, OneInterruptionDoesNotDecideBetweenTwo) {
  int rounds = 0;
  const RivalSeconds best = InTurn({2}, {300, 1}, &rounds);
  EXPECT_DOUBLE_EQ(best.first, 2);
  EXPECT_DOUBLE_EQ(best.second, 1);
  EXPECT_EQ(rounds, 3);  // Its time was over in the first.
}

TEST(BestSecondsTest, TwoThatRepeatTheirBestAreDoneSoon) {
  int rounds = 0;
  InTurn({2}, {1}, &rounds);
  EXPECT_EQ(rounds, 5);
  // Neither settles: until time is over.
  InTurn({9, 8, 7, 6, 5, 4, 3}, {1}, &rounds);
  EXPECT_GT(rounds, 7);
  InTurn({2, 5, 7, 11, 13, 17, 19}, {1}, &rounds);
  EXPECT_EQ(rounds, 6);
}

TEST(MeasuredRatesTest, AProcessDoesNotChangeItsMind) {
  EXPECT_EQ(ProductRates().f32, ProductRates().f32);
  EXPECT_EQ(&AttentionRates(), &AttentionRates());
}

}  // namespace
}  // namespace sotto
