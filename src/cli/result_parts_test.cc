#include "cli/result_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto {
namespace {

const PlatformReport kNowhere = {};

TEST(Confidentiality, AsJson) {
  const auto alone = ConfidentialityJson(JudgeConfidentiality(kNowhere, nullptr));
  EXPECT_EQ(alone["from_host"], false);
  EXPECT_TRUE(alone["from_accelerators"].is_null());
  EXPECT_TRUE(alone["from_accelerators_because"].is_null());
}

}  // namespace
}  // namespace sotto
