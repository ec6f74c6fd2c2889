#include "trusted/api/weight_cache_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sotto {
namespace {

using testing::HasSubstr;

TEST(WeightCachePolicyTest, ACacheIsRefusedInATee) {
  for (const Platform platform : {Platform::kGramineSgx, Platform::kTdxGuest}) {
    const absl::Status status = CheckWeightCache({.platform = platform});
    EXPECT_TRUE(absl::IsFailedPrecondition(status));
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("weight_cache_dir: not available in a TEE"));
  }
  EXPECT_TRUE(CheckWeightCache({.platform = Platform::kNone}).ok());
  EXPECT_TRUE(CheckWeightCache({.platform = Platform::kGramineDirect}).ok());
}

TEST(WeightCachePolicyTest, ACacheIsRefusedForASealedOrPinnedModel) {
  EXPECT_TRUE(absl::IsFailedPrecondition(CheckWeightCache({.sealed = true})));
  EXPECT_TRUE(absl::IsFailedPrecondition(CheckWeightCache({.pinned = true})));
}

}  // namespace
}  // namespace sotto
