#include "cli/serve_limit_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"

namespace sotto {
namespace {

using std::chrono::seconds;

struct ServeLimits {
  absl::Status status;
  ServiceOptions options;
  std::chrono::milliseconds drain{};
};

ServeLimits ReadServeLimits(std::vector<std::string> arguments) {
  CLI::App app;
  const ServeLimitFlags flags(app);
  std::reverse(arguments.begin(), arguments.end());  // CLI11 wants them so.
  app.parse(arguments);
  ServeLimits limits;
  limits.status = flags.Read(limits.options, limits.drain);
  return limits;
}

std::string ServeLimitsMessage(std::vector<std::string> arguments) {
  const absl::Status status = ReadServeLimits(std::move(arguments)).status;
  EXPECT_TRUE(IsUsageError(status)) << status;
  return std::string(status.message());
}

TEST(ServeLimitFlagsTest, DefaultsAreTheServices) {
  const auto [status, options, drain] = ReadServeLimits({});
  ASSERT_TRUE(status.ok()) << status;
  const ServiceOptions defaults;
  const HttpLimits &http = options.http.limits, &unset = defaults.http.limits;
  EXPECT_EQ(http.max_connections, unset.max_connections);
  EXPECT_EQ(http.max_body_bytes, unset.max_body_bytes);
  EXPECT_EQ(http.max_held_bytes, unset.max_held_bytes);
  EXPECT_EQ(http.header_timeout, unset.header_timeout);
  EXPECT_EQ(http.body_timeout, unset.body_timeout);
  EXPECT_EQ(http.write_timeout, unset.write_timeout);
  EXPECT_EQ(http.idle_timeout, unset.idle_timeout);
  EXPECT_EQ(options.max_answer_bytes, defaults.max_answer_bytes);
  EXPECT_EQ(options.request.tokens, defaults.request.tokens);
  EXPECT_EQ(options.request.prompts, defaults.request.prompts);
  EXPECT_EQ(options.request_timeout, defaults.request_timeout);
  EXPECT_EQ(options.scheduler.max_jobs, defaults.scheduler.max_jobs);
  EXPECT_EQ(options.scheduler.max_tokens, defaults.scheduler.max_tokens);
  EXPECT_EQ(drain, seconds(30));
}

TEST(ServeLimitFlagsTest, EachFlagSetsItsLimit) {
  const auto [status, options, drain] =
      ReadServeLimits({"--max-queue",          "1",    "--max-queue-tokens",    "2002",
                       "--max-request-tokens", "2001", "--max-request-prompts", "4",
                       "--max-connections",    "5",    "--max-body-bytes",      "6000",
                       "--body-memory-bytes",  "7000", "--answer-memory-bytes", "8000000",
                       "--header-seconds",     "9",    "--body-seconds",        "10",
                       "--write-seconds",      "11",   "--idle-seconds",        "12",
                       "--request-seconds",    "13",   "--drain-seconds",       "0"});
  ASSERT_TRUE(status.ok()) << status;
  const HttpLimits& http = options.http.limits;
  EXPECT_EQ(options.scheduler.max_jobs, 1u);
  EXPECT_EQ(options.scheduler.max_tokens, 2002u);
  EXPECT_EQ(options.request.tokens, 2001u);
  EXPECT_EQ(options.request.prompts, 4u);
  EXPECT_EQ(http.max_connections, 5u);
  EXPECT_EQ(http.max_body_bytes, 6000u);
  EXPECT_EQ(http.max_held_bytes, 7000u);
  EXPECT_EQ(options.max_answer_bytes, 8000000u);
  EXPECT_EQ(http.header_timeout, seconds(9));
  EXPECT_EQ(http.body_timeout, seconds(10));
  EXPECT_EQ(http.write_timeout, seconds(11));
  EXPECT_EQ(http.idle_timeout, seconds(12));
  EXPECT_EQ(options.request_timeout, seconds(13));
  EXPECT_EQ(drain, seconds(0));
}

TEST(ServeLimitFlagsTest, WhatIsNotGivenHasRoomForWhatIs) {
  const ServeLimits limits =
      ReadServeLimits({"--max-body-bytes", "1000000000", "--max-request-tokens", "2000000000"});
  ASSERT_TRUE(limits.status.ok()) << limits.status;
  EXPECT_EQ(limits.options.http.limits.max_held_bytes, 2000000000u);
  EXPECT_EQ(limits.options.scheduler.max_tokens, 2000000000u);
}

TEST(ServeLimitFlagsTest, LimitsThatExcludeEachOtherAreRefused) {
  EXPECT_EQ(
      ServeLimitsMessage({"--body-memory-bytes", "1000000"}),
      "--body-memory-bytes: 1000000, of which one body may take 875000, less than the 8388608 "
      "of --max-body-bytes");
  EXPECT_EQ(ServeLimitsMessage({"--max-queue-tokens", "1000"}),
            "--max-queue-tokens: 1000, less than the 131072 of --max-request-tokens: such a "
            "request would never be taken");
  for (const std::string flag :
       {"--header-seconds", "--body-seconds", "--write-seconds", "--idle-seconds",
        "--request-seconds", "--max-queue", "--max-request-prompts", "--answer-memory-bytes"}) {
    EXPECT_THAT(ServeLimitsMessage({flag, "0"}), testing::StartsWith(flag + ": "));
  }
  EXPECT_THAT(ServeLimitsMessage({"--idle-seconds", "86401"}), testing::HasSubstr("86400"));
}

}  // namespace
}  // namespace sotto
