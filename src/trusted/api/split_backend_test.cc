#include "trusted/api/split_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "trusted/api/option_checks.h"

namespace sotto {
namespace {

PadOptions StockOf(const PassSize& pass) {
  return MakeSplitSetup({}, pass, Precision::kFixed, 3).pads;
}

// A short batch comes in one block a lane, which each take a pad of every layer.
TEST(SplitSetupTest, PadsOfAPassAreThoseOfEachLane) {
  const PadOptions pads = StockOf({.length = 128});
  EXPECT_EQ(pads.pass_rows, 128u);
  EXPECT_EQ(pads.block_rows, 64u);
  EXPECT_EQ(pads.lm_head_rows, 128u);
  EXPECT_EQ(pads.lm_head_block_rows, 128u);
  EXPECT_EQ(pads.threads, 3);
}

TEST(SplitSetupTest, LongBatchesAreCutAsTheEngineCutsThem) {
  const PadOptions pads = StockOf({3, 500, Positions::kLast});
  EXPECT_EQ(pads.pass_rows, 1500u);
  EXPECT_EQ(pads.block_rows, 512u);
  EXPECT_EQ(pads.lm_head_rows, 3u);
}

TEST(SplitSetupTest, TheProtectionFollowsFromTheEndpoints) {
  EXPECT_EQ(MakeSplitSetup({.endpoints = {"a:1"}}, {}, Precision::kFixed, 1).protection,
            Protection::kPads);
  EXPECT_EQ(MakeSplitSetup({.endpoints = {"a:1", "b:2"}}, {}, Precision::kFixed, 1).protection,
            Protection::kShares);
}

TEST(SplitSetupTest, ConnectingTakesNoLongerThanAnAnswerMay) {
  const SplitSetup setup =
      MakeSplitSetup({.exchange_timeout = std::chrono::seconds(5)}, {}, Precision::kFixed, 1);
  EXPECT_EQ(setup.connect_timeout, std::chrono::seconds(5));
}

TEST(SplitPolicyTest, WarnsWhereNothingIsSecret) {
  SplitOptions options{.endpoints = {"a:1", "b:1"}};
  EXPECT_EQ(ConfidentialityWarning(options), "");
  options.insecure_channels = true;
  EXPECT_THAT(ConfidentialityWarning(options), testing::HasSubstr("NOT CONFIDENTIAL"));
  options.protection = Protection::kPlain;
  EXPECT_THAT(ConfidentialityWarning(options), testing::HasSubstr("NOT CONFIDENTIAL"));
  options.protection = Protection::kPads;
  EXPECT_EQ(ConfidentialityWarning(options), "");
}

TEST(SplitSetupTest, WhatDoesNotGoTogetherIsRefused) {
  EXPECT_TRUE(CheckSplitOptions({}).ok());
  const SplitOptions two{.endpoints = {"a:1", "b:2"}};
  EXPECT_TRUE(absl::IsFailedPrecondition(CheckSplitOptions(two)));  // Without TLS.
  EXPECT_TRUE(absl::IsInvalidArgument(
      CheckSplitOptions({.endpoints = {"a:1", "a:1"}, .insecure_channels = true})));
  EXPECT_TRUE(absl::IsUnimplemented(CheckSplitOptions({.protection = Protection::kPlain})));
  EXPECT_THAT(CheckSplitOptions({.pinned_keys = {"abc"}}).ToString(),
              testing::HasSubstr("pinned_keys: must be 64 hex digits"));
  EXPECT_THAT(CheckSplitOptions({.relay_peer = "nonsense"}).ToString(),
              testing::HasSubstr("relay_peer: "));
}

}  // namespace
}  // namespace sotto
