// A session over each data plane, with a peer of the test's own in place of a server: several
// threads that submit and wait at once.
#include "protocol/pipe_transport.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/matrix.h"
#include "protocol/records.h"
#include "protocol/session.h"
#include "protocol/shm_pipe.h"
#include "protocol/socket_pipe.h"
#include "testing/own_memory.h"
#include "testing/sanitizer.h"
#include "testing/small_config.h"
#include "trusted/split/unprotected.h"

namespace sotto {
namespace {

constexpr LinearLayer kLayer{LinearKind::kGateUp, 0};
constexpr size_t kIn = 12, kOut = 40, kRows = 30;

// Nothing comes through it.
class QuietStream final : public ControlStream {
 public:
  void AwaitEnd(FrameClock::time_point) override {}
  void Shutdown() override {}
  void Close() override {}
};

struct PlaneCase {
  bool shm, sealed;
};

class PipeTransportTest : public testing::TestWithParam<PlaneCase> {
 protected:
  PipeTransportTest() {
    std::unique_ptr<BytePipe> client = GetParam().shm ? MakeShm() : MakeSockets();
    session_->Start({.window_bytes = 3 * kRows * 4 * (kIn + kOut)},
                    std::make_unique<PipeTransport>(std::make_unique<QuietStream>(),
                                                    std::move(client), keys_, *session_));
  }
  ~PipeTransportTest() override { End(); }
  // Both sides.
  void End() {
    if (session_ == nullptr) return;
    session_->Fail(absl::CancelledError("the test is over"));
    leaves_ = true;
    server_->Stop();
    if (serves_.joinable()) serves_.join();
    session_.reset();
    server_.reset();
  }

  std::unique_ptr<BytePipe> MakeShm() {
    ShmRegion ours = *ShmRegion::Create(testing::TempDir(), kMinRingBytes, DrawChallenge());
    ShmRegion theirs = *ShmRegion::Open(testing::TempDir(), ours.name(), kMinRingBytes);
    ours.Unlink();
    server_ = std::make_unique<ShmServerPipe>(std::move(ours));
    return std::make_unique<ShmClientPipe>(std::move(theirs), [this] { server_->Wake(); });
  }
  std::unique_ptr<BytePipe> MakeSockets() {
    int fds[2];
    SOTTO_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    server_ = std::make_unique<SocketPipe>(Descriptor(fds[0]));
    return std::make_unique<SocketPipe>(Descriptor(fds[1]));
  }
  // Answers each request with rows that tell which row of it they are for.
  void Serve() {
    serves_ = std::thread([this] {
      RecordPipe records(*server_, keys_, RecordPipe::Side::kServer);
      while (ServeOne(records)) {
      }
    });
  }
  bool ServeOne(RecordPipe& records) {
    Poller::Wait pause;
    const auto wait = [&]() -> absl::Status {
      if (leaves_) return absl::CancelledError("the test is over");
      server_->Pause(BytePipe::For::kEither, pause);
      return absl::OkStatus();
    };
    RequestRecord record;
    if (!records.ReadRecord(record, wait).ok()) return false;
    const RequestHeader request = *DecodeRequestRecord(record);
    Matrix<uint32_t> x(request.rows, kIn), y(request.rows, kOut);
    if (!records.ReadPayload(Bytes(x), wait).ok()) return false;
    for (size_t r = 0; r < request.rows; ++r) {
      for (size_t j = 0; j < kOut; ++j) y.view()(r, j) = Answer(x.view()(r, kIn - 1), j);
    }
    const AnswerHeader header{.sequence = request.sequence,
                              .format = NumberFormat::kRing32,
                              .rows = request.rows,
                              .payload_bytes = Bytes(y).size()};
    return records.WriteRecord(EncodeAnswerRecord(header), wait).ok() &&
           records.WritePayload(Bytes(y), wait).ok() && server_->Flush(wait).ok();
  }
  static uint32_t Answer(uint32_t word, size_t j) {
    return word * 2654435761u + static_cast<uint32_t>(j);
  }
  static std::span<uint8_t> Bytes(Matrix<uint32_t>& m) {
    return {reinterpret_cast<uint8_t*>(m.view().data()), m.view().size() * sizeof(uint32_t)};
  }

  std::optional<PlaneKeys> keys_ =
      GetParam().sealed ? std::optional(DrawPlaneKeys()) : std::nullopt;
  std::unique_ptr<BytePipe> server_;
  std::shared_ptr<Session> session_ = std::make_shared<Session>(
      "here", SessionOptions{.config = TinyConfig(),
                             .weights_sha256 = "",
                             .exchange_timeout = std::chrono::seconds(60)});
  std::atomic<bool> leaves_{false};
  std::thread serves_;
};

TEST_P(PipeTransportTest, EachThreadGetsItsOwnAnswers) {
  Serve();
  std::atomic<int> wrong{0};
  const auto work = [&](uint32_t lane) {
    for (uint32_t i = 0; i < 100; ++i) {
      const size_t rows = 1 + (i * 7 + lane) % kRows;
      Matrix<uint32_t> x(rows, kIn), y(rows, kOut);
      for (size_t r = 0; r < rows; ++r) {
        for (size_t k = 0; k < kIn; ++k) x.view()(r, k) = lane << 24 | i << 8 | r;
      }
      auto pending = session_->Submit(kLayer, UnprotectedRows::Ring(x.view()), y.view());
      if (!pending.ok() || !(*pending)->Wait().ok()) ++wrong;
      for (size_t r = 0; r < rows; ++r) {
        for (size_t j = 0; j < kOut; ++j) wrong += y.view()(r, j) != Answer(x.view()(r, 0), j);
      }
    }
  };
  std::vector<std::thread> lanes;
  for (uint32_t lane = 0; lane < 4; ++lane) lanes.emplace_back(work, lane);
  for (std::thread& lane : lanes) lane.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(session_->stats().exchanges, 400u);
}

TEST_P(PipeTransportTest, AFailureWakesWhoeverWaits) {
  Matrix<uint32_t> x(1, kIn), y(2, kOut);
  std::vector<std::thread> lanes;
  std::atomic<int> woken{0};
  for (size_t lane = 0; lane < 2; ++lane) {
    lanes.emplace_back([&, lane] {
      auto pending =
          session_->Submit(kLayer, UnprotectedRows::Ring(x.view()), y.view().Rows(lane, 1));
      const absl::Status status = pending.ok() ? (*pending)->Wait() : pending.status();
      woken += status.code() == absl::StatusCode::kUnavailable ? 1 : 0;
    });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  session_->Fail(absl::UnavailableError("the connection broke"));
  for (std::thread& lane : lanes) lane.join();  // Long before the exchanges are late.
  EXPECT_EQ(woken, 2);
}

// Once a session is over, nobody who reads the memory of either side can open what was recorded.
class PlaneKeysInMemoryTest : public PipeTransportTest {};

TEST_P(PlaneKeysInMemoryTest, NoneIsLeftWhenTheSessionIsOver) {
  if (kUnderThreadSanitizer) GTEST_SKIP() << "ThreadSanitizer's shadow takes minutes to search";
  SecretsToFind keys;
  for (const Seed* key : {&keys_->request_records, &keys_->request_payloads, &keys_->answer_records,
                          &keys_->answer_payloads}) {
    keys.Add(*key);
  }
  for (const Seed* key : {&keys_->request_payloads, &keys_->answer_payloads}) {
    keys.Add(PayloadEpochKey(*key, 0));
  }
  Serve();
  Matrix<uint32_t> x(kRows, kIn), y(kRows, kOut);
  for (int i = 0; i < 10; ++i) {
    auto pending = session_->Submit(kLayer, UnprotectedRows::Ring(x.view()), y.view());
    ASSERT_TRUE(pending.ok() && (*pending)->Wait().ok());
  }
  for (const size_t n : keys.CountCopies()) EXPECT_GE(n, 1u);  // So they would be found.
  End();
  keys_.reset();
  for (const size_t n : keys.CountCopies()) EXPECT_EQ(n, 0u);
}

INSTANTIATE_TEST_SUITE_P(Planes, PlaneKeysInMemoryTest,
                         testing::Values(PlaneCase{true, true}, PlaneCase{false, true}),
                         [](const auto& info) {
                           return std::string(info.param.shm ? "Shm" : "Socket");
                         });

// Refuses the first answer, as a session does that has failed meanwhile, and is not told to stop.
class RefusingReceiver final : public FrameReceiver {
 public:
  absl::StatusOr<std::shared_ptr<AnswerFrame>> OnAnswer(const AnswerHeader&) override {
    ++answers;
    return absl::UnavailableError("the session has failed");
  }
  void OnClosed(absl::Status why) override { closed.push_back(std::move(why)); }

  int answers = 0;
  std::vector<absl::Status> closed;
};

// Its payload is still in the pipe, and would look like records.
TEST(BrokenPipeTransportTest, NobodyReadsOnBehindAnAnswerThatWasRefused) {
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  SocketPipe server{Descriptor(fds[0])};
  RefusingReceiver receiver;
  PipeTransport transport(std::make_unique<QuietStream>(),
                          std::make_unique<SocketPipe>(Descriptor(fds[1])), std::nullopt, receiver);
  const auto no_wait = [] { return absl::InternalError("waited"); };
  const AnswerRecord record = EncodeAnswerRecord({.sequence = 1, .payload_bytes = 64});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(server.Write(record, nullptr, no_wait).ok());
  ASSERT_TRUE(server.Flush(no_wait).ok());
  for (int i = 0; i < 2; ++i) {
    transport.Receive([] { return false; }, FrameClock::now() + std::chrono::milliseconds(50));
  }
  EXPECT_EQ(receiver.answers, 1);
  ASSERT_EQ(receiver.closed.size(), 1u);
  EXPECT_EQ(receiver.closed[0].code(), absl::StatusCode::kUnavailable);
}

INSTANTIATE_TEST_SUITE_P(Planes, PipeTransportTest,
                         testing::Values(PlaneCase{true, true}, PlaneCase{true, false},
                                         PlaneCase{false, true}, PlaneCase{false, false}),
                         [](const auto& info) {
                           return std::string(info.param.shm ? "Shm" : "Socket") +
                                  (info.param.sealed ? "Sealed" : "Open");
                         });

}  // namespace
}  // namespace sotto
