#include "cli/flag_needs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/prefill_flags.h"
#include "testing/with_plain.h"

namespace sotto {
namespace {

using testing::HasSubstr;
using Arguments = std::vector<std::string>;

absl::Status ReadPrefill(Arguments arguments) {
  CLI::App app;
  const PrefillFlags flags(app);
  std::reverse(arguments.begin(), arguments.end());  // CLI11 wants them so.
  app.parse(arguments);
  return flags.Read().status();
}

void ExpectFlagRefused(const std::string& flag, const Arguments& arguments) {
  const absl::Status status = ReadPrefill(arguments);
  EXPECT_TRUE(IsUsageError(status)) << flag << ": " << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(flag + ": has no effect "));
}

const Arguments kPads = {"--split", "--accelerator", "a:1"};
const Arguments kShares = {"--split", "--accelerator", "a:1", "--accelerator", "b:2"};
const Arguments kPlain = {"--split", "--protection", "plain"};

Arguments operator+(Arguments a, const Arguments& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(FlagNeedsTest, PadFlagsNeedPads) {
  for (const Arguments& flag : {Arguments{"--pad-memory", "1"},
                                {"--pad-dir", "/tmp"},
                                {"--pad-disk", "1"},
                                {"--when-out", "fail"}}) {
    ExpectFlagRefused(flag[0], kPlain + flag);
    ExpectFlagRefused(flag[0], kShares + flag);
  }
  EXPECT_TRUE(
      ReadPrefill(kPads + Arguments{"--pad-memory", "1", "--pad-dir", "/tmp", "--pad-disk", "1"})
          .ok());
  EXPECT_TRUE(ReadPrefill(kPads + Arguments{"--when-out", "fail"}).ok());
}

TEST(FlagNeedsTest, DiskSpaceNeedsADirectory) {
  ExpectFlagRefused("--pad-disk", kPads + Arguments{"--pad-disk", "1"});
}

TEST(FlagNeedsTest, InsecureChannelsNeedShares) {
  ExpectFlagRefused("--insecure-channels", kPads + Arguments{"--insecure-channels"});
  ExpectFlagRefused("--insecure-channels", kPlain + Arguments{"--insecure-channels"});
  EXPECT_TRUE(ReadPrefill(kShares + Arguments{"--insecure-channels"}).ok());
}

TEST(FlagNeedsTest, ARelaysPeerNeedsARelay) {
  const Arguments peer = {"--relay-peer", "c:3"};
  ExpectFlagRefused("--relay-peer", kPads + peer);
  ExpectFlagRefused("--relay-peer", kShares + Arguments{"--accelerator", "d:4"} + peer);
  ExpectFlagRefused("--relay-peer", kShares + Arguments{"--no-relay"} + peer);
  EXPECT_TRUE(ReadPrefill(kShares + Arguments{"--insecure-channels"} + peer).ok());
}

TEST(FlagNeedsTest, PackedWeightsAreNotForSplit) {
  ExpectFlagRefused("--weight-cache", kPads + Arguments{"--weight-cache", "cache"});
}

// What is wished for is there.
TEST(FlagNeedsTest, AWishThatIsMetAnywayIsNotRefused) {
  EXPECT_TRUE(
      ReadPrefill(kShares + Arguments{"--insecure-channels", "--verify", "--pad-compute"}).ok());
  EXPECT_TRUE(ReadPrefill(kPads + Arguments{"--no-relay"}).ok());
}

}  // namespace
}  // namespace sotto
