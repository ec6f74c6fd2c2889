// Bytes of a server that are no message of the protocol: ABORTED, at once and whatever follows. And
// what anybody on the way can do to a stream, which is a broken connection and nobody's lie.
#include <chrono>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "protocol/session.h"
#include "testing/faulty_accelerator.h"
#include "testing/http2_frames.h"
#include "testing/raw_accelerator.h"
#include "testing/small_config.h"
#include "trusted/split/unprotected.h"

namespace sotto {
namespace {

using Code = absl::StatusCode;

// Longer than a test may take: a client that waits for it fails the test.
constexpr std::chrono::minutes kPatience{10};

SessionOptions PatientOptions() {
  SessionOptions options;
  options.config = TinyConfig();
  options.weights_sha256 = std::string(64, 'a');
  options.data_plane = DataPlane::kGrpc;
  options.connect_timeout = kPatience;
  options.exchange_timeout = kPatience;
  return options;
}

absl::Status RunOneExchange(const std::string& endpoint) {
  const Matrix<uint32_t> x(3, 12);
  Matrix<uint32_t> y(3, 40);
  std::fill_n(const_cast<uint32_t*>(x.view().data()), 3 * 12, 7);
  SOTTO_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session,
                         Session::Open(endpoint, PatientOptions()));
  SOTTO_ASSIGN_OR_RETURN(
      PendingExchange pending,
      session->Submit({LinearKind::kGateUp, 0}, UnprotectedRows::Ring(x.view()), y.view()));
  return pending->Wait();
}

// DATA frames of the session.
std::string Data(const std::string& bytes, char flags = 0) {
  return http2::Frame(http2::kData, flags, 1, bytes);
}
std::string Message(const std::string& message) { return Data(http2::Prefixed(message)); }

std::string Greeting() {
  pb::ServerMessage message;
  *message.mutable_welcome() = HonestWelcome(PatientOptions());
  return Message(message.SerializeAsString());
}

std::string Status(const std::string& code) {
  return http2::Frame(http2::kHeaders, http2::kEndHeaders | http2::kEndStream, 1,
                      http2::Field("grpc-status", code));
}
std::string Reset(uint32_t code) {
  return http2::Frame(http2::kResetStream, 0, 1, http2::BigEndian(code, 4));
}

const std::string kGarbage(50, '\xff');

// A Failure whose message is no UTF-8.
const std::string kBadText("\x22\x06\x08\x03\x12\x02\xff\xfe");
// An answer of 120 bytes that ends after its header.
const std::string kCutShort("\x12\x84\x01\x08\x01\x10\x03\x18\x03\x20", 10);

struct Case {
  const char* name;
  std::string at_request;
  Code code;
};

class UndecodableTest : public testing::TestWithParam<Case> {};

TEST_P(UndecodableTest, IsJudgedAtOnce) {
  const RawAccelerator server({.at_greeting = Greeting(), .at_request = GetParam().at_request});
  const absl::Status status = RunOneExchange(server.endpoint());
  EXPECT_EQ(status.code(), GetParam().code) << status;
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(server.endpoint()));
}

INSTANTIATE_TEST_SUITE_P(
    Answers, UndecodableTest,
    testing::Values(Case{"garbage", Message(kGarbage), Code::kAborted},
                    Case{"bad_text", Message(kBadText), Code::kAborted},
                    Case{"cut_short", Message(kCutShort), Code::kAborted},
                    Case{"then_unavailable", Message(kGarbage) + Status("14"), Code::kAborted},
                    Case{"then_exhausted", Message(kGarbage) + Status("8"), Code::kAborted},
                    Case{"compressed", Data(http2::Prefixed(kGarbage, 1)), Code::kAborted},
                    Case{"unavailable", Status("14"), Code::kUnavailable},
                    Case{"exhausted", Status("8"), Code::kResourceExhausted},
                    Case{"reset_internal", Reset(2), Code::kUnavailable},
                    Case{"reset_protocol", Reset(1), Code::kUnavailable},
                    Case{"reset_calm", Reset(11), Code::kUnavailable},
                    Case{"reset_security", Reset(12), Code::kUnavailable},
                    Case{"half_closed", Data("", http2::kEndStream), Code::kUnavailable}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(UndecodableGreetingTest, IsJudgedAtOnce) {
  const RawAccelerator server({.at_greeting = Message(kGarbage), .at_request = ""});
  EXPECT_EQ(RunOneExchange(server.endpoint()).code(), Code::kAborted);
}

}  // namespace
}  // namespace sotto
