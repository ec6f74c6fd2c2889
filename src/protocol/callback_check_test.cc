#include "protocol/callback_check.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "protocol/connect.h"
#include "testing/sanitizer.h"

namespace sotto {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

// Nobody has to be there: the call is never sent.
TEST(CallbackCheckTest, GrpcRuns) {
  const auto channel = MakeChannel("localhost:1", std::nullopt);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(CheckCallbacks(channel, steady_clock::now() + seconds(60)), absl::OkStatus());
  }
}

// In a process of its own, where no channel has started threads yet. Those of gRPC's that come with
// the channel are there; then no stack is to be had.
[[noreturn]] void CheckWithoutStacks() {
  const auto channel = MakeChannel("localhost:1", std::nullopt);
  pthread_attr_t huge;
  pthread_attr_init(&huge);
  pthread_attr_setstacksize(&huge, size_t{1} << 47);  // All of the address space.
  pthread_setattr_default_np(&huge);
  const absl::Status status = CheckCallbacks(channel, steady_clock::now() + seconds(1));
  std::fputs(status.ToString().c_str(), stderr);
  _exit(0);
}

TEST(CallbackCheckTest, SaysThatGrpcHasNoThreads) {
  if (kUnderSanitizer) GTEST_SKIP() << "sanitizers choose the sizes of stacks themselves";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(CheckWithoutStacks(), testing::ExitedWithCode(0),
              "RESOURCE_EXHAUSTED: gRPC does not run");
}

}  // namespace
}  // namespace sotto
