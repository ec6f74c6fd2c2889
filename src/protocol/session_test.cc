#include "protocol/session.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>

namespace sotto {
namespace {

using Code = absl::StatusCode;

const absl::Status kBroken = absl::UnavailableError("the connection broke");
const absl::Status kLie = absl::AbortedError("a lie");

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() { session_.Start({.window_bytes = 1000}, nullptr); }

  // An exchange that was sent and waits for an answer of one row of two words.
  std::shared_ptr<Exchange> Sent() {
    auto exchange = std::make_shared<Exchange>();
    exchange->sizes = {.answer_rows = 1, .request_bytes = 4, .answer_bytes = 8};
    exchange->answer = memory_;
    exchange->deadline = Exchange::Clock::now() + std::chrono::minutes(1);
    EXPECT_TRUE(session_.Reserve(*exchange).ok());
    EXPECT_TRUE(session_.Enter(exchange).ok());
    session_.MarkSent(*exchange);
    return exchange;
  }
  absl::StatusOr<std::shared_ptr<Exchange>> BeginAnswer(const Exchange& exchange) {
    return session_.BeginAnswer({.sequence = exchange.header.sequence,
                                 .format = NumberFormat::kRing32,
                                 .rows = 1,
                                 .payload_bytes = 8});
  }
  absl::Status Receive(Exchange& exchange, uint64_t size) {
    return session_.Receive(exchange, size, size, [] { return absl::OkStatus(); });
  }

  Session session_{"here", {}};
  std::array<uint8_t, 8> memory_{};
};

TEST_F(SessionTest, ACompleteAnswerOutlivesItsSession) {
  const auto complete = Sent(), partial = Sent();
  ASSERT_TRUE(BeginAnswer(*complete).ok());
  EXPECT_TRUE(Receive(*complete, 8).ok());
  ASSERT_TRUE(BeginAnswer(*partial).ok());
  EXPECT_TRUE(Receive(*partial, 4).ok());
  session_.Fail(kBroken);
  EXPECT_TRUE(session_.Settle(*complete).ok());
  EXPECT_EQ(session_.Settle(*partial).code(), Code::kUnavailable);
}

TEST_F(SessionTest, TheLastBytesCountWhenTheSessionFailsUnderTheCopy) {
  const auto exchange = Sent();
  ASSERT_TRUE(BeginAnswer(*exchange).ok());
  EXPECT_EQ(session_
                .Receive(*exchange, 8, 8,
                         [&] {
                           session_.Fail(kBroken);
                           return absl::OkStatus();
                         })
                .code(),
            Code::kUnavailable);
  EXPECT_TRUE(session_.Settle(*exchange).ok());
}

// Bytes that were never copied make no answer complete: memory nobody wrote would look like a lie.
TEST_F(SessionTest, WhatComesAfterTheEndIsNotCounted) {
  const auto exchange = Sent();
  ASSERT_TRUE(BeginAnswer(*exchange).ok());
  session_.Fail(kBroken);
  EXPECT_EQ(Receive(*exchange, 8).code(), Code::kUnavailable);
  EXPECT_FALSE(session_.IsDone(*exchange));
  EXPECT_EQ(session_.Settle(*exchange).code(), Code::kUnavailable);
}

// The session forgets what it asked for when it fails: an answer that comes late is no lie.
TEST_F(SessionTest, ALateAnswerIsNoLie) {
  const auto exchange = Sent();
  session_.Fail(kBroken);
  EXPECT_EQ(BeginAnswer(*exchange).status().code(), Code::kUnavailable);
  EXPECT_EQ(session_.Settle(*exchange).code(), Code::kUnavailable);
}

TEST_F(SessionTest, OnlyALieReplacesTheFirstFailure) {
  session_.Fail(kBroken);
  session_.Fail(absl::DeadlineExceededError("late"));
  EXPECT_EQ(session_.failure().code(), Code::kUnavailable);
  session_.Fail(kLie);
  const absl::Status lie = session_.failure();
  EXPECT_EQ(lie.code(), Code::kAborted);
  session_.Fail(absl::AbortedError("another"));
  session_.Fail(kBroken);
  EXPECT_EQ(session_.failure(), lie);
}

}  // namespace
}  // namespace sotto
