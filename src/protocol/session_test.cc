// The session over a pipe that the test holds in its hands.
#include "protocol/session.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "base/matrix.h"
#include "testing/small_config.h"
#include "trusted/split/unprotected.h"

namespace sotto {
namespace {

using Code = absl::StatusCode;

const absl::Status kBroken = absl::UnavailableError("the connection broke");
const absl::Status kLie = absl::AbortedError("a lie");
constexpr LinearLayer kLayer{LinearKind::kGateUp, 0};
constexpr size_t kIn = 12, kOut = 40, kAnswerBytes = kOut * 4;

// Keeps the frames it is given to send. Sends them only where told to.
class HeldPipe final : public Transport {
 public:
  absl::Status Send(std::shared_ptr<RequestFrame> frame) override {
    frames.push_back(frame);
    return sends ? TakeAll(*frame) : absl::OkStatus();
  }
  void Receive(absl::FunctionRef<bool()>, FrameClock::time_point) override {}
  void Shutdown() override { ++shut_down; }
  void Close() override { ++closed; }

  static absl::Status TakeAll(RequestFrame& frame) {
    return frame.Take(frame.header().payload_bytes, [](const PayloadParts& payload) {
      return payload[0].size() + payload[1].size();
    });
  }

  bool sends = true;
  std::vector<std::shared_ptr<RequestFrame>> frames;
  int shut_down = 0, closed = 0;
};

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() { Start({.config = TinyConfig(), .weights_sha256 = ""}); }

  void Start(const SessionOptions& options) {
    session_ = std::make_shared<Session>("here", options);
    auto pipe = std::make_unique<HeldPipe>();
    pipe_ = pipe.get();
    // Two exchanges of one row, no more.
    session_->Start({.window_bytes = 2 * 4 * (kIn + kOut)}, std::move(pipe));
  }
  absl::StatusOr<PendingExchange> Submit() {
    return session_->Submit(kLayer, UnprotectedRows::Ring(x_.view()), y_.view());
  }
  PendingExchange Sent() {
    absl::StatusOr<PendingExchange> pending = Submit();
    EXPECT_TRUE(pending.ok()) << pending.status();
    return *std::move(pending);
  }
  absl::StatusOr<std::shared_ptr<AnswerFrame>> OnAnswer(size_t frame) {
    return session_->OnAnswer({.sequence = pipe_->frames[frame]->header().sequence,
                               .format = NumberFormat::kRing32,
                               .rows = 1,
                               .payload_bytes = kAnswerBytes});
  }
  static absl::Status Put(AnswerFrame& answer, uint64_t size) {
    return answer.Put(size, [](std::span<uint8_t> to) { return to.size(); });
  }

  std::shared_ptr<Session> session_;
  HeldPipe* pipe_ = nullptr;
  const Matrix<uint32_t> x_{1, kIn};
  Matrix<uint32_t> y_{1, kOut};
};

TEST_F(SessionTest, NumbersFollowTheOrderOfSending) {
  const PendingExchange first = Sent(), second = Sent();
  ASSERT_EQ(pipe_->frames.size(), 2u);
  EXPECT_EQ(pipe_->frames[0]->header().sequence, 1u);
  EXPECT_EQ(pipe_->frames[1]->header().sequence, 2u);
}

TEST_F(SessionTest, CountsWhatThePipeSaysItCarried) {
  const PendingExchange pending = Sent();
  ASSERT_TRUE(Put(**OnAnswer(0), kAnswerBytes).ok());
  EXPECT_TRUE(pending->Wait().ok());
  EXPECT_EQ(session_->stats().bytes_sent, kIn * 4);
  EXPECT_EQ(session_->stats().bytes_received, kAnswerBytes);
  EXPECT_EQ(session_->stats().exchanges, 1u);
}

TEST_F(SessionTest, ACompleteAnswerOutlivesItsSession) {
  const PendingExchange complete = Sent(), partial = Sent();
  EXPECT_TRUE(Put(**OnAnswer(0), kAnswerBytes).ok());
  EXPECT_TRUE(Put(**OnAnswer(1), 4).ok());
  session_->Fail(kBroken);
  EXPECT_TRUE(complete->Wait().ok());
  EXPECT_EQ(partial->Wait().code(), Code::kUnavailable);
}

TEST_F(SessionTest, TheLastBytesCountWhenTheSessionFailsUnderTheCopy) {
  const PendingExchange pending = Sent();
  const auto answer = *OnAnswer(0);
  const absl::Status put = answer->Put(kAnswerBytes, [&](std::span<uint8_t> to) {
    session_->OnClosed(kBroken);
    return to.size();
  });
  EXPECT_EQ(put.code(), Code::kUnavailable);
  EXPECT_TRUE(pending->Wait().ok());
}

// Bytes that were never copied make no answer complete: memory nobody wrote would look like a lie.
TEST_F(SessionTest, WhatComesAfterTheEndIsNotCounted) {
  const PendingExchange pending = Sent();
  const auto answer = *OnAnswer(0);
  session_->Fail(kBroken);
  EXPECT_EQ(Put(*answer, kAnswerBytes).code(), Code::kUnavailable);
  EXPECT_EQ(pending->Wait().code(), Code::kUnavailable);
}

TEST_F(SessionTest, BytesThatThePipeDidNotGetAreNone) {
  const PendingExchange pending = Sent();
  const auto answer = *OnAnswer(0);
  EXPECT_EQ(
      answer->Put(kAnswerBytes, [](std::span<uint8_t>) -> absl::StatusOr<uint64_t> { return kLie; })
          .code(),
      Code::kAborted);
  session_->OnClosed(kBroken);
  EXPECT_EQ(pending->Wait().code(), Code::kUnavailable);
}

// The session forgets what it asked for when it fails: an answer that comes late is no lie.
TEST_F(SessionTest, ALateAnswerIsNoLie) {
  const PendingExchange pending = Sent();
  session_->Fail(kBroken);
  EXPECT_EQ(OnAnswer(0).status().code(), Code::kUnavailable);
  EXPECT_EQ(pending->Wait().code(), Code::kUnavailable);
}

TEST_F(SessionTest, AnAnswerToWhatHasNotLeftIsALie) {
  pipe_->sends = false;
  const PendingExchange pending = Sent();
  EXPECT_EQ(OnAnswer(0).status().code(), Code::kAborted);
  ASSERT_TRUE(HeldPipe::TakeAll(*pipe_->frames[0]).ok());
  EXPECT_TRUE(OnAnswer(0).ok());
  EXPECT_EQ(OnAnswer(0).status().code(), Code::kAborted) << "twice";
}

// The caller may have freed the rows by then.
TEST_F(SessionTest, NothingIsLentOnceTheSessionHasFailed) {
  pipe_->sends = false;
  const PendingExchange pending = Sent();
  session_->Fail(kBroken);
  bool lent = false;
  const absl::Status taken = pipe_->frames[0]->Take(4, [&](const PayloadParts&) {
    lent = true;
    return uint64_t{4};
  });
  EXPECT_EQ(taken.code(), Code::kUnavailable);
  EXPECT_FALSE(lent);
}

TEST_F(SessionTest, RowsWaitForTheWindow) {
  Start({.config = TinyConfig(),
         .weights_sha256 = "",
         .exchange_timeout = std::chrono::milliseconds(100)});
  const PendingExchange first = Sent(), second = Sent();
  EXPECT_EQ(Submit().status().code(), Code::kDeadlineExceeded);
  EXPECT_EQ(pipe_->frames.size(), 2u);
}

TEST_F(SessionTest, TheFirstFailureShutsThePipe) {
  EXPECT_EQ(pipe_->shut_down, 0);
  session_->OnClosed(kBroken);
  session_->OnClosed(kLie);
  EXPECT_EQ(pipe_->shut_down, 1);
  EXPECT_EQ(Submit().status().code(), Code::kAborted);
  EXPECT_TRUE(pipe_->frames.empty());
}

TEST_F(SessionTest, OnlyALieReplacesTheFirstFailure) {
  session_->Fail(kBroken);
  session_->Fail(absl::DeadlineExceededError("late"));
  EXPECT_EQ(session_->failure().code(), Code::kUnavailable);
  session_->Fail(kLie);
  const absl::Status lie = session_->failure();
  EXPECT_EQ(lie.code(), Code::kAborted);
  session_->Fail(absl::AbortedError("another"));
  session_->Fail(kBroken);
  EXPECT_EQ(session_->failure(), lie);
}

}  // namespace
}  // namespace sotto
