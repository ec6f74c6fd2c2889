// Whatever the server does wrong, the client has its own status for it, in one line that names the
// endpoint, within the deadline.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "protocol/connect.h"
#include "protocol/grpc_stream.h"
#include "testing/faulty_accelerator.h"
#include "testing/no_descriptors.h"
#include "testing/small_config.h"
#include "trusted/split/unprotected.h"

namespace sotto {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

// Much more than an honest exchange takes, even under sanitizers; much less than a test's limit.
constexpr milliseconds kDeadline{1500};

SessionOptions TinyOptions() {
  SessionOptions options;
  options.config = TinyConfig();
  options.config.layers.resize(1);
  options.weights_sha256 = std::string(64, 'a');
  options.data_plane = DataPlane::kGrpc;
  options.connect_timeout = kDeadline;
  options.exchange_timeout = kDeadline;
  return options;
}

// One exchange of `rows` rows of gate/up (12 in, 40 out).
absl::Status RunOnce(const std::string& endpoint, const SessionOptions& options, size_t rows) {
  const Matrix<uint32_t> x(rows, 12);
  Matrix<uint32_t> y(rows, 40);
  std::fill_n(const_cast<uint32_t*>(x.view().data()), rows * 12, 7);
  SOTTO_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session, Session::Open(endpoint, options));
  // Twice: some faults only show when the first exchange is over.
  for (int i = 0; i < 2; ++i) {
    SOTTO_ASSIGN_OR_RETURN(
        PendingExchange pending,
        session->Submit({LinearKind::kGateUp, 0}, UnprotectedRows::Ring(x.view()), y.view()));
    SOTTO_RETURN_IF_ERROR(pending->Wait());
  }
  return absl::OkStatus();
}

void ExpectFailure(const absl::Status& status, absl::StatusCode code, const std::string& endpoint) {
  EXPECT_EQ(status.code(), code) << status;
  const std::string message(status.message());
  EXPECT_THAT(message, HasSubstr(endpoint));
  for (const char c : message) EXPECT_TRUE(c >= ' ' && c <= '~') << static_cast<int>(c);
  EXPECT_LE(message.size(), 500u);
}

struct FaultCase {
  const char* name;
  Fault fault;
  absl::StatusCode code;
  size_t rows = 3;
};

// Rows whose payload takes 14 messages: more than a connection holds unread.
constexpr size_t kManyRows = 300'000;

class FaultTest : public testing::TestWithParam<FaultCase> {};

TEST_P(FaultTest, EndsWithItsOwnStatusInTime) {
  const FaultCase& c = GetParam();
  const FaultyAccelerator server(c.fault, TinyOptions());
  const auto begin = std::chrono::steady_clock::now();
  const absl::Status status = RunOnce(server.endpoint(), TinyOptions(), c.rows);
  EXPECT_LE(std::chrono::steady_clock::now() - begin, 4 * kDeadline);
  ExpectFailure(status, c.code, server.endpoint());
}

using Code = absl::StatusCode;
INSTANTIATE_TEST_SUITE_P(
    AllFaults, FaultTest,
    testing::Values(
        FaultCase{"hangs_at_greeting", Fault::kHangsAtGreeting, Code::kDeadlineExceeded},
        FaultCase{"hangs_at_answer", Fault::kHangsAtAnswer, Code::kDeadlineExceeded},
        FaultCase{"hangs_inside_answer", Fault::kHangsInsideAnswer, Code::kDeadlineExceeded},
        FaultCase{"refuses", Fault::kRefuses, Code::kResourceExhausted},
        FaultCase{"other_version", Fault::kOtherVersion, Code::kUnimplemented},
        FaultCase{"other_model", Fault::kOtherModel, Code::kFailedPrecondition},
        FaultCase{"other_shape", Fault::kOtherShape, Code::kFailedPrecondition},
        FaultCase{"other_format", Fault::kOtherFormat, Code::kFailedPrecondition},
        FaultCase{"no_instance_id", Fault::kNoInstanceId, Code::kAborted},
        FaultCase{"leaves_at_once", Fault::kLeavesAtOnce, Code::kUnavailable},
        FaultCase{"leaves_at_request", Fault::kLeavesAtRequest, Code::kUnavailable},
        FaultCase{"answers_short", Fault::kAnswersShort, Code::kAborted},
        FaultCase{"answers_long", Fault::kAnswersLong, Code::kAborted},
        FaultCase{"answers_fewer_rows", Fault::kAnswersFewerRows, Code::kAborted},
        FaultCase{"answers_another", Fault::kAnswersAnotherSequence, Code::kAborted},
        FaultCase{"answers_twice", Fault::kAnswersTwice, Code::kAborted},
        FaultCase{"answers_in_one_giant_message", Fault::kAnswersInOneGiantMessage, Code::kAborted},
        FaultCase{"answers_early", Fault::kAnswersBeforeTheRequest, Code::kAborted, kManyRows},
        FaultCase{"chunk_out_of_place", Fault::kChunkOutOfPlace, Code::kAborted},
        FaultCase{"chunk_of_nothing", Fault::kChunkOfNothing, Code::kAborted},
        FaultCase{"empty_message", Fault::kEmptyMessage, Code::kAborted},
        FaultCase{"second_welcome", Fault::kSecondWelcome, Code::kAborted},
        FaultCase{"control_characters", Fault::kFailsWithControlCharacters,
                  Code::kFailedPrecondition}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(FailuresTest, AnHonestFakeIsNoFailure) {
  const FaultyAccelerator server(Fault::kNone, TinyOptions());
  EXPECT_TRUE(RunOnce(server.endpoint(), TinyOptions(), 3).ok());
}

// A server of another mind than the session's format: f32 was asked for by name.
TEST(FailuresTest, F32ThatIsNotF32IsRefused) {
  SessionOptions options = TinyOptions();
  options.format = NumberFormat::kF32;
  const FaultyAccelerator server(Fault::kOtherOperands, options), honest(Fault::kNone, options);
  const absl::Status status = Session::Open(server.endpoint(), options).status();
  ExpectFailure(status, Code::kFailedPrecondition, server.endpoint());
  EXPECT_THAT(std::string(status.message()), HasSubstr("bf16"));
  EXPECT_TRUE(Session::Open(honest.endpoint(), options).ok());
}

TEST(FailuresTest, MemoryOfferedElsewhereIsNotOpened) {
  SessionOptions options = TinyOptions();
  const FaultyAccelerator server(Fault::kOffersMemoryElsewhere, options);
  options.data_plane = DataPlane::kShm;
  ExpectFailure(RunOnce(server.endpoint(), options, 3), Code::kInvalidArgument, server.endpoint());
  options.data_plane = DataPlane::kAuto;  // Falls back to the stream.
  EXPECT_TRUE(RunOnce(server.endpoint(), options, 3).ok());
}

TEST(FailuresTest, SharedMemoryThatIsNotOfferedIsAFailureOnlyWhenAskedFor) {
  SessionOptions options = TinyOptions();
  const FaultyAccelerator server(Fault::kNone, options);
  options.data_plane = DataPlane::kShm;
  ExpectFailure(RunOnce(server.endpoint(), options, 3), Code::kFailedPrecondition,
                server.endpoint());
}

// A listening socket; nobody accepts.
class DeafSocket {
 public:
  DeafSocket() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    SOTTO_CHECK(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    socklen_t size = sizeof(address);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    endpoint_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~DeafSocket() { close(fd_); }
  void Listen() { SOTTO_CHECK(listen(fd_, 16) == 0); }
  int fd() const { return fd_; }
  const std::string& endpoint() const { return endpoint_; }

 private:
  const int fd_;
  std::string endpoint_;
};

TEST(FailuresTest, NobodyListens) {
  const DeafSocket socket;  // Bound, so that nobody else takes the port; not listening.
  ExpectFailure(RunOnce(socket.endpoint(), TinyOptions(), 3), Code::kUnavailable,
                socket.endpoint());
}

TEST(FailuresTest, SomebodyListensAndSaysNothing) {
  DeafSocket socket;
  socket.Listen();
  ExpectFailure(RunOnce(socket.endpoint(), TinyOptions(), 3), Code::kDeadlineExceeded,
                socket.endpoint());
}

TEST(FailuresTest, SomebodySpeaksAnotherProtocol) {
  DeafSocket socket;
  socket.Listen();
  std::thread peer([&] {
    const int connection = accept(socket.fd(), nullptr, nullptr);
    const std::string garbage(5000, '\x5a');
    EXPECT_GT(write(connection, garbage.data(), garbage.size()), 0);
    close(connection);
  });
  const absl::Status status = RunOnce(socket.endpoint(), TinyOptions(), 3);
  peer.join();
  ExpectFailure(status, Code::kUnavailable, socket.endpoint());
}

// gRPC would end the process.
TEST(FailuresTest, TooFewDescriptorsAreSaidBeforeADial) {
  const NoDescriptors none;
  const absl::Status status = RunOnce("localhost:1", TinyOptions(), 3);
  EXPECT_EQ(status.code(), Code::kResourceExhausted) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("the limit on open files is 256"));
}

TEST(FailuresTest, EndpointsThatCannotBe) {
  EXPECT_EQ(RunOnce("nonsense", TinyOptions(), 3).code(), Code::kInvalidArgument);
}

// An open session to submit three rows on, again and again.
struct Submitter {
  explicit Submitter(const FaultyAccelerator& server)
      : session(*Session::Open(server.endpoint(), TinyOptions())) {}
  absl::StatusOr<PendingExchange> Submit() {
    return session->Submit({LinearKind::kGateUp, 0}, UnprotectedRows::Ring(x.view()), y.view());
  }

  const std::shared_ptr<Session> session;
  const Matrix<uint32_t> x{3, 12};
  Matrix<uint32_t> y{3, 40};
};

// The session stays dead, and says the same each time.
TEST(FailuresTest, TheFirstErrorIsFinal) {
  const FaultyAccelerator server(Fault::kAnswersShort, TinyOptions());
  Submitter submitter(server);
  auto pending = submitter.Submit();
  ASSERT_TRUE(pending.ok()) << pending.status();
  const absl::Status first = (*pending)->Wait();
  EXPECT_EQ(first.code(), Code::kAborted);
  EXPECT_EQ(submitter.Submit().status(), first);
  EXPECT_EQ(submitter.Submit().status(), first);
}

TEST(FailuresTest, AnExchangeGivenUpEndsTheSession) {
  const FaultyAccelerator server(Fault::kNone, TinyOptions());
  Submitter submitter(server);
  ASSERT_TRUE(submitter.Submit().ok());
  EXPECT_EQ(submitter.Submit().status().code(), Code::kCancelled);
}

// A server that asks for doorbells without end and reads none of them.
TEST(HostileServerTest, DoorbellsThatNobodyTakesCostNoMemory) {
  const SessionOptions options = TinyOptions();
  const FaultyAccelerator server(Fault::kHangsAtGreeting, options);
  Session session(server.endpoint(), options);
  GrpcStream stream(MakeChannel(server.endpoint(), std::nullopt), session);
  for (int i = 0; i < 100'000; ++i) {
    stream.RingDoorbell();
    ASSERT_LE(stream.queued(), 1u);
  }
}

}  // namespace
}  // namespace sotto
