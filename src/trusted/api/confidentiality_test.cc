#include "trusted/api/confidentiality.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto {
namespace {

using testing::HasSubstr;

const PlatformReport kNowhere = {};
const PlatformReport kEnclave = {Platform::kGramineSgx, "dcap"};

TEST(Confidentiality, OfAnOrdinaryMachineIsNone) {
  const Confidentiality result = JudgeConfidentiality(kNowhere, nullptr);
  EXPECT_FALSE(result.from_host);
  EXPECT_THAT(result.host_reason, HasSubstr("not in a TEE"));
  EXPECT_EQ(result.from_accelerators, std::nullopt);
  EXPECT_FALSE(JudgeConfidentiality({Platform::kGramineDirect, ""}, nullptr).from_host);
}

TEST(Confidentiality, OfAnEnclaveIsFromTheHost) {
  EXPECT_TRUE(JudgeConfidentiality(kEnclave, nullptr).from_host);
  EXPECT_TRUE(JudgeConfidentiality({Platform::kTdxGuest, ""}, nullptr).from_host);
}

TEST(Confidentiality, FromAcceleratorsSaysNothingAboutTheHost) {
  for (const Protection protection : {Protection::kShares, Protection::kPads}) {
    const SplitOptions split{.protection = protection};
    const Confidentiality open = JudgeConfidentiality(kNowhere, &split);
    EXPECT_FALSE(open.from_host);
    EXPECT_EQ(open.from_accelerators, true);
    EXPECT_TRUE(JudgeConfidentiality(kEnclave, &split).from_host);
  }
}

// An enclave that sends everything in the clear, or both shares through its host's hands.
TEST(Confidentiality, AnEnclaveThatGivesItAwayKeepsNothing) {
  const SplitOptions plain{.protection = Protection::kPlain};
  EXPECT_FALSE(JudgeConfidentiality(kEnclave, &plain).from_host);
  EXPECT_EQ(JudgeConfidentiality(kEnclave, &plain).from_accelerators, false);
  const SplitOptions insecure{.protection = Protection::kShares, .insecure_channels = true};
  const Confidentiality result = JudgeConfidentiality(kEnclave, &insecure);
  EXPECT_FALSE(result.from_host);
  EXPECT_THAT(result.host_reason, HasSubstr("insecure channels"));
  EXPECT_EQ(result.from_accelerators, false);
}

}  // namespace
}  // namespace sotto
