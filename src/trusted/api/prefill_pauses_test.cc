// One Prefill in the pauses of another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "sotto/prefill.h"
#include "testing/small_model.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

class PrefillPausesTest : public testing::Test {
 protected:
  Prefill Make(PrefillOptions options = {}) {
    options.prefill_length = 8;
    options.precision = Precision::kF32;
    options.threads = 2;
    absl::StatusOr<Prefill> prefill = Prefill::Create(model_, options);
    EXPECT_TRUE(prefill.ok()) << prefill.status();
    return *std::move(prefill);
  }
  static Prefill Beside(const Prefill& prefill) {
    absl::StatusOr<Prefill> beside = Prefill::CreateBeside(prefill, 4, 2);
    EXPECT_TRUE(beside.ok()) << beside.status();
    return *std::move(beside);
  }
  static std::vector<double> SumsOf(Prefill& prefill, const std::vector<TokenIds>& prompts,
                                    const RunControl& control = {}) {
    std::vector<double> sums;
    const auto scores = prefill.Score(prompts, {.top_k = 2}, control);
    EXPECT_TRUE(scores.ok()) << scores.status();
    if (scores.ok()) {
      for (const Scores& each : *scores) sums.push_back(each.sum_logprob);
    }
    return sums;
  }

  const TempDir dir_;
  const Model model_ = SmallModel(dir_, 50, "");
  const std::vector<TokenIds> prompts_ = {
      {1, 5, 9, 13, 17}, {1, 5, 9, 2}, {3}, {11, 4, 4, 30, 2, 8, 6}, {7, 7}};
  const std::vector<TokenIds> shorter_ = {{1, 5, 9, 2}, {3}, {7, 7}};
};

// Whatever runs in a run's pauses changes no bit of it, and has its own bits there.
TEST_F(PrefillPausesTest, OthersRunInTheBreaks) {
  Prefill prefill = Make({.batch_size = 4});
  const auto alone = prefill.Score(prompts_, {.top_k = 2});
  ASSERT_TRUE(alone.ok()) << alone.status();
  Prefill beside = Beside(prefill);
  int pauses = 0;
  const RunControl control{.pause = [&] {
    ++pauses;
    const auto scores = beside.Score(shorter_, {.top_k = 2});
    ASSERT_TRUE(scores.ok()) << scores.status();
    EXPECT_EQ((*scores)[0].sum_logprob, (*alone)[1].sum_logprob);
    EXPECT_EQ((*scores)[0].top, (*alone)[1].top);
    EXPECT_EQ((*scores)[2].top, (*alone)[4].top);
    const auto hidden = beside.HiddenStates(shorter_, Pooling::kLast);
    EXPECT_TRUE(hidden.ok()) << hidden.status();
  }};
  const auto interrupted = prefill.Score(prompts_, {.top_k = 2}, control);
  ASSERT_TRUE(interrupted.ok()) << interrupted.status();
  EXPECT_GE(pauses, 6);  // Two batches of three layers.
  for (size_t p = 0; p < prompts_.size(); ++p) {
    EXPECT_EQ((*interrupted)[p].sum_logprob, (*alone)[p].sum_logprob);
    EXPECT_EQ((*interrupted)[p].top, (*alone)[p].top);
  }
  EXPECT_TRUE(beside.Score(shorter_).ok());   // Between runs, too.
  EXPECT_FALSE(beside.Score(prompts_).ok());  // One is longer than its shape.
}

TEST_F(PrefillPausesTest, WhereNothingMayTellThereAreNoPauses) {
  Prefill padded = Make({.batch_size = 2, .pad_compute = true});
  int pauses = 0;
  EXPECT_TRUE(padded.Score(prompts_, {}, {.pause = [&] { ++pauses; }}).ok());
  EXPECT_EQ(pauses, 0);
  EXPECT_EQ(
      Prefill::CreateBeside(padded, 4, 2).status(),
      absl::InvalidArgumentError("beside: not in the split mode, nor where padding is computed"));
}

TEST_F(PrefillPausesTest, OneBesideIsNoLongerThanTheOther) {
  const Prefill prefill = Make();
  EXPECT_EQ(Prefill::CreateBeside(prefill, 9, 2).status(),
            absl::InvalidArgumentError("prefill_length: 9 positions beside a prefill of 8"));
  EXPECT_TRUE(absl::IsInvalidArgument(Prefill::CreateBeside(prefill, 8, 0).status()));
}

TEST_F(PrefillPausesTest, ARunThatIsStoppedInAPauseIsCancelledAlone) {
  Prefill prefill = Make({.batch_size = 4}), beside = Beside(prefill);
  const std::vector<double> whole = SumsOf(prefill, prompts_), part = SumsOf(beside, shorter_);
  std::stop_source stop;
  int pauses = 0;
  const RunControl control{.stop = stop.get_token(), .pause = [&] {
                             if (++pauses == 3) stop.request_stop();
                             EXPECT_EQ(SumsOf(beside, shorter_), part);
                           }};
  EXPECT_TRUE(absl::IsCancelled(prefill.Score(prompts_, {}, control).status()));
  EXPECT_EQ(pauses, 3);
  EXPECT_EQ(SumsOf(prefill, prompts_), whole);
}

// Stopped, wrong, or asked for what the model has not.
TEST_F(PrefillPausesTest, WhatFailsInAPauseFailsAlone) {
  Prefill prefill = Make({.batch_size = 4}), beside = Beside(prefill);
  const std::vector<double> whole = SumsOf(prefill, prompts_), part = SumsOf(beside, shorter_);
  std::stop_source stop;
  stop.request_stop();
  const RunControl stopped{.stop = stop.get_token()};
  const auto fail = [&] {
    EXPECT_TRUE(absl::IsCancelled(beside.Score(shorter_, {}, stopped).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(beside.Score(prompts_).status()));
    EXPECT_TRUE(absl::IsFailedPrecondition(beside.Classify(shorter_).status()));
  };
  EXPECT_EQ(SumsOf(prefill, prompts_, {.pause = fail}), whole);
  EXPECT_EQ(SumsOf(beside, shorter_), part);
}

TEST_F(PrefillPausesTest, AnExceptionInAPauseIsTheRunsError) {
  Prefill prefill = Make({.batch_size = 4}), beside = Beside(prefill);
  const std::vector<double> whole = SumsOf(prefill, prompts_), part = SumsOf(beside, shorter_);
  int pauses = 0;
  const RunControl control{.pause = [&] {
    if (++pauses == 3) throw std::runtime_error("of a pause");
  }};
  EXPECT_TRUE(absl::IsInternal(prefill.Score(prompts_, {}, control).status()));
  EXPECT_EQ(pauses, 3);
  EXPECT_EQ(SumsOf(beside, shorter_), part);
  EXPECT_EQ(SumsOf(prefill, prompts_), whole);
}

// The threads work for one of them at a time: between two steps of a run that pauses, or between
// runs of one that does not.
TEST_F(PrefillPausesTest, OneBesideMayRunOnAThreadOfItsOwn) {
  Prefill prefill = Make({.batch_size = 4}), beside = Beside(prefill);
  const std::vector<double> whole = SumsOf(prefill, prompts_), part = SumsOf(beside, shorter_);
  std::atomic<bool> done{false};
  std::thread other([&] {
    for (int run = 0; run < 20; ++run) EXPECT_EQ(SumsOf(beside, shorter_), part);
    done = true;
  });
  while (!done) {
    EXPECT_EQ(SumsOf(prefill, prompts_, {.pause = [] { std::this_thread::yield(); }}), whole);
    EXPECT_EQ(SumsOf(prefill, prompts_), whole);
  }
  other.join();
}

}  // namespace
}  // namespace sotto
