// What a program that the library is part of may do meanwhile.
#include <gtest/gtest.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cfenv>
#include <csignal>
#include <vector>

#include "sotto/prefill.h"
#include "testing/test_data.h"
#include "trusted/split/drbg.h"

namespace sotto {
namespace {

const std::vector<TokenIds> kPrompts = {{1, 5, 9, 13, 17}, {1, 5, 9, 2}, {3}, {11, 4, 4, 30, 2, 8}};

class HostProgramTest : public testing::Test {
 protected:
  Prefill Make(Precision precision, int threads) {
    auto prefill =
        Prefill::Create(model_, {.prefill_length = 64, .precision = precision, .threads = threads});
    EXPECT_TRUE(prefill.ok()) << prefill.status();
    return *std::move(prefill);
  }
  static std::vector<double> Sums(Prefill& prefill) {
    const auto scores = prefill.Score(kPrompts);
    EXPECT_TRUE(scores.ok()) << scores.status();
    std::vector<double> sums;
    if (!scores.ok()) return sums;
    for (const Scores& of_prompt : *scores) sums.push_back(of_prompt.sum_logprob);
    return sums;
  }

  Model model_ = *Model::Open(ShippedModelDir());
};

// Its modes come back to it, and no thread keeps them.
TEST_F(HostProgramTest, ItsRoundingModeIsItsOwn) {
  for (const Precision precision : {Precision::kF32, Precision::kInt8, Precision::kFixed}) {
    Prefill before = Make(precision, 3);
    const std::vector<double> expected = Sums(before);
    for (const int mode : {FE_UPWARD, FE_TOWARDZERO}) {
      ASSERT_EQ(fesetround(mode), 0);
      Prefill made_there = Make(precision, 3);
      const std::vector<double> there = Sums(made_there), again = Sums(before);
      EXPECT_EQ(fegetround(), mode);
      fesetround(FE_TONEAREST);
      EXPECT_EQ(there, expected);
      EXPECT_EQ(again, expected);
      EXPECT_EQ(Sums(made_there), expected);
    }
  }
}

// The default stack of a handler is the thread's own. A frame in the heap ends the process.
TEST_F(HostProgramTest, ItMayHandleSignals) {
  struct sigaction handled = {}, before = {};
  handled.sa_handler = [](int) {};
  handled.sa_flags = SA_RESTART;
  sigaction(SIGPROF, &handled, &before);
  const itimerval often = {{0, 300}, {0, 300}}, never = {};
  Prefill quiet = Make(Precision::kF32, 1);
  const std::vector<double> expected = Sums(quiet);
  setitimer(ITIMER_PROF, &often, nullptr);
  for (int i = 0; i < 20; ++i) {
    Prefill prefill = Make(Precision::kF32, 1 + i % 2);
    for (int run = 0; run < 10; ++run) EXPECT_EQ(Sums(prefill), expected);
  }
  setitimer(ITIMER_PROF, &never, nullptr);
  sigaction(SIGPROF, &before, nullptr);
}

TEST_F(HostProgramTest, AChildOfOneThatWasSplitIsRefusedTheSplitMode) {
  ProcessDrbg();  // As the split mode does first of all.
  const pid_t child = fork();
  if (child == 0) {
    PrefillOptions options{.prefill_length = 8, .threads = 1};
    options.split = SplitOptions{.endpoints = {"unix:/nowhere"}};
    _exit(absl::IsFailedPrecondition(Prefill::Create(model_, options).status()) ? 7 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << status;
}

TEST(ModelThreadsTest, AreNumbersThatASystemMayHave) {
  for (const int threads : {-1, 4097, 1 << 30}) {
    const absl::Status status = Model::Open(ShippedModelDir(), {.threads = threads}).status();
    EXPECT_EQ(status.message(), "threads: must be 0 to 4096");
  }
}

}  // namespace
}  // namespace sotto
