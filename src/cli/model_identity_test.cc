#include "cli/model_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/temp_dir.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using testing::HasSubstr;

PrefillOptions WithCache() {
  PrefillOptions options;
  options.model_dir = ShippedModelDir();
  options.weight_cache_dir = "cache";
  return options;
}

TEST(ModelIdentityTest, AWeightCacheIsRefusedInATee) {
  for (const Platform platform : {Platform::kGramineSgx, Platform::kTdxGuest}) {
    const absl::Status status = CheckWeightCache(WithCache(), platform);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), HasSubstr("--weight-cache: not in a TEE"));
    EXPECT_TRUE(CheckWeightCache({}, platform).ok());
  }
  EXPECT_TRUE(CheckWeightCache(WithCache(), Platform::kNone).ok());
  EXPECT_TRUE(CheckWeightCache(WithCache(), Platform::kGramineDirect).ok());
}

TEST(ModelIdentityTest, AWeightCacheIsRefusedForASealedModel) {
  const TempDir dir;
  PrefillOptions options = WithCache();
  options.model_dir = dir.Write("m.sotto", "any file");
  EXPECT_EQ(CheckWeightCache(options, Platform::kNone).code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(ModelIdentityTest, ACacheHasNoDigest) {
  const Checkpoint checkpoint = *Checkpoint::Open(ShippedModelDir());
  ThreadPool pool(1);
  EXPECT_FALSE(UsedDigests(WithCache(), checkpoint, pool)->has_value());
  EXPECT_EQ((*UsedDigests({}, checkpoint, pool))->model_sha256(),
            checkpoint.Digests(pool)->model_sha256());
}

}  // namespace
}  // namespace sotto
