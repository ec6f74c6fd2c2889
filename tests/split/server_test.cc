// The server beyond multiplying: limits, TLS, health, description, metrics, leaving.
#include <arpa/inet.h>
#include <grpcpp/grpcpp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "absl/strings/escaping.h"
#include "accelerator/connection_failures.h"
#include "accelerator/devices/device_registry.h"
#include "base/log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "protocol/accelerator.grpc.pb.h"
#include "protocol/library_logs.h"
#include "protocol/peer_certificate.h"
#include "protocol/proto_codec.h"
#include "testing/forwarding_device.h"
#include "testing/test_certificate.h"
#include "testing/test_data.h"
#include "tests/split/honest_server.h"
#include "trusted/split/unprotected.h"

namespace sotto {
namespace {

using Code = absl::StatusCode;
using std::chrono::milliseconds;
using testing::HasSubstr;

HonestServer Start(const HonestServer::Adjust& adjust = [](ServerOptions&) {}) {
  SetLogLevel(LogLevel::kError);
  return HonestServer::Start(ShippedModelDir(), adjust);
}

absl::Status LookUp(Session& session) {
  const std::vector<int32_t> ids = {1};
  Matrix<float> y(1, 192);
  SOTTO_ASSIGN_OR_RETURN(PendingExchange pending,
                         session.SubmitEmbedding(UnprotectedRows::TokenIds(ids), y.view()));
  return pending->Wait();
}

absl::Status TryOpen(const HonestServer& server, const SessionOptions& options) {
  SOTTO_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session,
                         Session::Open(server.endpoint(), options));
  return LookUp(*session);
}

TEST(ServerTest, RefusesSessionsBeyondTheLimitAndTakesThemAgain) {
  const HonestServer server = Start([](ServerOptions& o) { o.service.limits.max_sessions = 2; });
  auto first = server.Connect(NumberFormat::kF32), second = server.Connect(NumberFormat::kF32);
  const SessionOptions options = server.ClientOptions(NumberFormat::kF32);
  for (int i = 0; i < 20; ++i) {  // However fast the refusal comes.
    const absl::Status beyond = TryOpen(server, options);
    EXPECT_EQ(beyond.code(), Code::kResourceExhausted) << beyond;
  }
  EXPECT_TRUE(LookUp(*first).ok());
  second.reset();
  absl::Status third = TryOpen(server, options);
  for (int i = 0; i < 100 && !third.ok(); ++i) {  // The place is free when the server says so.
    std::this_thread::sleep_for(milliseconds(10));
    third = TryOpen(server, options);
  }
  EXPECT_TRUE(third.ok()) << third;
}

TEST(ServerTest, AConnectionThatDoesNotGreetLosesItsPlace) {
  const HonestServer server = Start([](ServerOptions& o) {
    o.service.limits.max_sessions = 1;
    o.service.greeting_timeout = milliseconds(2000);
  });
  const auto stub = pb::Accelerator::NewStub(
      grpc::CreateChannel(server.endpoint(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  const auto silent = stub->Session(&context);
  pb::ServerMessage message;
  EXPECT_FALSE(silent->Read(&message));
  EXPECT_FALSE(silent->Finish().ok());
  // A session that has greeted, as its answer shows, stays, though it is silent longer than that.
  std::shared_ptr<Session> session;
  absl::Status greeted = absl::UnknownError("");
  for (int i = 0; i < 100 && !greeted.ok(); ++i) {
    std::this_thread::sleep_for(milliseconds(10));
    absl::StatusOr<std::shared_ptr<Session>> opened =
        Session::Open(server.endpoint(), server.ClientOptions(NumberFormat::kF32));
    greeted = opened.status();
    if (!greeted.ok()) continue;
    session = *std::move(opened);
    greeted = LookUp(*session);
  }
  ASSERT_TRUE(greeted.ok()) << greeted;
  std::this_thread::sleep_for(milliseconds(2300));
  const absl::Status later = LookUp(*session);
  EXPECT_TRUE(later.ok()) << later;
}

TEST(ServerTest, ASessionThatIsSilentLosesItsPlace) {
  for (const DataPlane plane : {DataPlane::kGrpc, DataPlane::kShm, DataPlane::kTcp}) {
    const HonestServer server = Start([](ServerOptions& o) {
      o.service.limits.max_sessions = 1;
      o.service.idle_timeout = milliseconds(100);
    });
    SessionOptions options = server.ClientOptions(NumberFormat::kF32);
    options.data_plane = plane;
    const auto silent = Session::Open(server.endpoint(), options);
    ASSERT_TRUE(silent.ok()) << silent.status();
    absl::Status second = TryOpen(server, options);
    for (int i = 0; i < 1000 && !second.ok(); ++i) {
      std::this_thread::sleep_for(milliseconds(10));
      second = TryOpen(server, options);
    }
    EXPECT_TRUE(second.ok()) << second;
    EXPECT_EQ(LookUp(**silent).code(), Code::kUnavailable);  // It may be tried again.
  }
}

// The cpu device, each of its products after a while.
class SlowDevice final : public ForwardingDevice {
 public:
  using ForwardingDevice::ForwardingDevice;
  absl::Status MultiplyRing(const DeviceWeights& weights, ConstMatrixView<uint32_t> x,
                            MatrixView<uint32_t> y) override {
    std::this_thread::sleep_for(milliseconds(300));
    return ForwardingDevice::MultiplyRing(weights, x, y);
  }
};

TEST(ServerTest, ASessionThatWaitsForTheServerIsNotSilent) {
  SetLogLevel(LogLevel::kError);
  const HonestServer server = HonestServer::StartWith(
      std::make_unique<SlowDevice>(ValueOrDie(OpenDevices(
          std::vector<std::string>{"cpu"}, {.threads = 1, .precision = FloatPrecision::kF32}))),
      ShippedModelDir(), [](ServerOptions& o) { o.service.idle_timeout = milliseconds(100); });
  const auto session = server.Connect(NumberFormat::kRing32);
  Matrix<uint32_t> x(1, 192), y(1, 1024);
  std::fill_n(x.view().data(), 192, 3);
  auto pending =
      session->Submit({LinearKind::kGateUp, 0}, UnprotectedRows::Ring(x.view()), y.view());
  ASSERT_TRUE(pending.ok()) << pending.status();
  const absl::Status status = (*pending)->Wait();
  EXPECT_TRUE(status.ok()) << status;
}

TEST(ServerTest, RefusesFormatsItDoesNotServe) {
  const HonestServer server =
      Start([](ServerOptions& o) { o.service.formats = {DeviceFormat::kRing}; });
  EXPECT_EQ(TryOpen(server, server.ClientOptions(NumberFormat::kF32)).code(),
            Code::kFailedPrecondition);
}

TEST(ServerTest, RefusesClientsOfAnotherModel) {
  const HonestServer server = Start();
  SessionOptions options = server.ClientOptions(NumberFormat::kF32);
  options.weights_sha256 = std::string(64, '0');
  const absl::Status status = TryOpen(server, options);
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("SHA-256 " + server.weights_sha256 + ", expected 0000"));
}

// A client of another release, of which this one only makes the greeting.
TEST(ServerTest, TellsClientsOfOtherProtocolVersionsWhichSideToUpgrade) {
  const HonestServer server = Start();
  const auto stub = pb::Accelerator::NewStub(
      grpc::CreateChannel(server.endpoint(), grpc::InsecureChannelCredentials()));
  for (const auto& [version, advice] :
       {std::pair(kProtocolVersion - 1, "the client is older; upgrade sotto to " SOTTO_VERSION),
        std::pair(kProtocolVersion + 1, "the server is older; upgrade sotto-accelerator to ")}) {
    grpc::ClientContext context;
    const auto call = stub->Session(&context);
    pb::ClientMessage message;
    message.mutable_hello()->set_protocol_version(version);
    EXPECT_TRUE(call->Write(message));
    pb::ServerMessage answer;
    EXPECT_FALSE(call->Read(&answer));
    const grpc::Status status = call->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
    EXPECT_THAT(status.error_message(), HasSubstr(advice));
  }
}

TEST(ServerTest, DescribesItselfAndIsHealthy) {
  const HonestServer server = Start();
  const auto channel = grpc::CreateChannel(server.endpoint(), grpc::InsecureChannelCredentials());
  grpc::ClientContext context;
  pb::Description description;
  ASSERT_TRUE(pb::Accelerator::NewStub(channel)->Describe(&context, {}, &description).ok());
  EXPECT_EQ(description.protocol_version(), kProtocolVersion);
  EXPECT_EQ(description.layers_size(), 4 * 4 + 1);
  EXPECT_EQ(description.layers(0).name(), "model.layers.0.qkv");
  EXPECT_EQ(description.devices(0), "cpu");
}

// What http://localhost:PORT/`path` answers.
std::string Get(int port, const std::string& path) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
    EXPECT_EQ(send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    std::array<char, 4096> part;
    for (ssize_t n; (n = recv(fd, part.data(), part.size(), 0)) > 0;) {
      answer.append(part.data(), static_cast<size_t>(n));
    }
  }
  close(fd);
  return answer;
}

TEST(ServerTest, CountsWhatItServes) {
  const HonestServer server = Start([](ServerOptions& o) { o.metrics = "127.0.0.1:0"; });
  const int port = server.server->metrics_port();
  EXPECT_THAT(Get(port, "/elsewhere"), HasSubstr("404"));
  const auto session = server.Connect(NumberFormat::kF32);
  ASSERT_TRUE(LookUp(*session).ok());
  ASSERT_TRUE(LookUp(*session).ok());
  std::string text;
  for (int i = 0; i < 100; ++i) {  // Counted just after the answer has left.
    text = Get(port, "/metrics");
    if (text.find("operation=\"embedding\"} 2") != std::string::npos) break;
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_THAT(text, HasSubstr("sotto_exchanges_total{operation=\"embedding\"} 2"));
  EXPECT_THAT(text, HasSubstr("200 OK"));
  EXPECT_THAT(text, HasSubstr("sotto_sessions 1"));
  EXPECT_THAT(text, HasSubstr("sotto_received_bytes_total 8"));
  EXPECT_THAT(text, HasSubstr("sotto_sent_bytes_total 1536"));
}

TEST(ServerTest, LeavesOnlyWhenRunningSessionsAreDone) {
  const HonestServer server = Start();
  auto session = server.Connect(NumberFormat::kF32);
  std::thread drain([&] { server.server->Drain(std::chrono::seconds(60)); });
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_TRUE(LookUp(*session).ok());  // It may finish its work.
  SessionOptions options = server.ClientOptions(NumberFormat::kF32);
  options.connect_timeout = milliseconds(2000);
  EXPECT_EQ(TryOpen(server, options).code(), Code::kUnavailable);  // Nobody new.
  session.reset();
  drain.join();  // Long before the 60 s are over, or the test's own limit is.
}

// And says so: not that a connection broke, which would be the network's fault.
TEST(ServerTest, CutsSessionsOffWhenTheirGraceIsOver) {
  for (const DataPlane plane : {DataPlane::kGrpc, DataPlane::kShm, DataPlane::kTcp}) {
    const HonestServer server = Start();
    SessionOptions options = server.ClientOptions(NumberFormat::kF32);
    options.data_plane = plane;
    const auto session = ValueOrDie(Session::Open(server.endpoint(), options));
    SetLogLevel(LogLevel::kInfo);
    testing::internal::CaptureStderr();
    server.server->Drain(milliseconds(10));
    const std::string log = testing::internal::GetCapturedStderr();
    SetLogLevel(LogLevel::kError);
    EXPECT_THAT(log, HasSubstr("\"status\":\"UNAVAILABLE: it is shutting down\""));
    const absl::Status status = LookUp(*session);
    EXPECT_EQ(status.code(), Code::kUnavailable);
    EXPECT_THAT(std::string(status.message()), HasSubstr("the server says: it is shutting down"));
  }
}

// A client that takes nothing of what it is sent is not waited for.
TEST(ServerTest, LeavesAlthoughAClientDoesNotListen) {
  const HonestServer server = Start();
  const auto stub = pb::Accelerator::NewStub(
      grpc::CreateChannel(server.endpoint(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  // gRPC may not report the end of a call that has a message nobody read.
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  const auto deaf = stub->Session(&context);
  pb::ClientMessage message;
  pb::Hello& hello = *message.mutable_hello();
  hello.set_protocol_version(kProtocolVersion);
  hello.set_weights_sha256(absl::HexStringToBytes(server.weights_sha256));
  hello.set_format(pb::F32);
  ASSERT_TRUE(deaf->Write(message));
  message.mutable_ready()->set_data_plane(pb::GRPC);
  ASSERT_TRUE(deaf->Write(message));
  server.server->Drain(milliseconds(10));  // Within the test's own limit.
  EXPECT_FALSE(deaf->Finish().ok());
}

class TlsTest : public testing::Test {
 protected:
  static HonestServer StartTls(const TestCertificate& own, const std::string& client_roots) {
    return Start([&](ServerOptions& o) {
      o.tls = ServerTls{.certificate_chain = own.certificate,
                        .private_key = own.key,
                        .client_roots = client_roots};
    });
  }
  static SessionOptions Options(const HonestServer& server, const TlsOptions& tls) {
    SessionOptions options = server.ClientOptions(NumberFormat::kF32);
    options.tls = tls;
    options.connect_timeout = milliseconds(5000);
    return options;
  }

  const TestCertificate server_ = TestCertificate::Make(), client_ = TestCertificate::Make();
};

TEST_F(TlsTest, TheChainOrThePinnedKeyIsEnough) {
  const HonestServer server = StartTls(server_, "");
  const std::string fingerprint = ValueOrDie(KeyFingerprint(server_.certificate));
  for (const TlsOptions& tls : {TlsOptions{.root_certificates = server_.certificate},
                                TlsOptions{.pinned_key_sha256 = fingerprint}}) {
    const auto session = Session::Open(server.endpoint(), Options(server, tls));
    ASSERT_TRUE(session.ok()) << session.status();
    EXPECT_TRUE(LookUp(**session).ok());
    EXPECT_EQ((*session)->server().peer_key_sha256, fingerprint);
    // Numbers in the clear stay where TLS is.
    EXPECT_EQ((*session)->server().data_plane, DataPlane::kGrpc);
  }
}

TEST_F(TlsTest, AnotherKeyIsRefused) {
  const HonestServer server = StartTls(server_, "");
  const std::string other = ValueOrDie(KeyFingerprint(client_.certificate));
  for (const TlsOptions& tls : {TlsOptions{.pinned_key_sha256 = other},
                                TlsOptions{.root_certificates = client_.certificate}}) {
    const absl::Status status = TryOpen(server, Options(server, tls));
    EXPECT_EQ(status.code(), Code::kPermissionDenied) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(server.endpoint()));
  }
}

TEST_F(TlsTest, ACertificateForAnotherHostIsRefusedUnlessItsKeyIsPinned) {
  const TestCertificate elsewhere = TestCertificate::Make({.host = "elsewhere.example"});
  const HonestServer server = StartTls(elsewhere, "");
  EXPECT_EQ(TryOpen(server, Options(server, {.root_certificates = elsewhere.certificate})).code(),
            Code::kPermissionDenied);
  const std::string key = ValueOrDie(KeyFingerprint(elsewhere.certificate));
  EXPECT_TRUE(TryOpen(server, Options(server, {.pinned_key_sha256 = key})).ok());
}

TEST_F(TlsTest, PlaintextIsRefused) {
  const HonestServer server = StartTls(server_, "");
  SessionOptions options = server.ClientOptions(NumberFormat::kF32);
  options.connect_timeout = milliseconds(2000);
  EXPECT_FALSE(TryOpen(server, options).ok());
}

TEST_F(TlsTest, CountsConnectionsThatNeverBecomeSessions) {
  RouteLibraryLogs(LogLibraryLine);
  const HonestServer server = Start([&](ServerOptions& o) {
    o.metrics = "127.0.0.1:0";
    o.tls = ServerTls{.certificate_chain = server_.certificate,
                      .private_key = server_.key,
                      .client_roots = client_.certificate};
  });
  const auto counts = [&](const std::string& reason) {
    const std::string text = Get(server.server->metrics_port(), "/metrics");
    const std::string name = "sotto_handshakes_failed_total{reason=\"" + reason + "\"} ";
    const size_t found = text.find(name);
    return found == std::string::npos ? -1.0 : std::stod(text.substr(found + name.size()));
  };
  // The server closes a connection and is seen to, a moment later.
  const auto expect_one = [&](const std::string& reason) {
    for (int i = 0; i < 1000 && counts(reason) < 1; ++i) {
      std::this_thread::sleep_for(milliseconds(10));
    }
    std::this_thread::sleep_for(milliseconds(300));
    EXPECT_EQ(counts(reason), 1) << reason;
  };
  EXPECT_EQ(counts("no_tls"), 0);
  SessionOptions options = server.ClientOptions(NumberFormat::kF32);
  const absl::Status plain = TryOpen(server, options);
  EXPECT_EQ(plain.code(), Code::kFailedPrecondition) << plain;
  expect_one("no_tls");
  options.tls = TlsOptions{.root_certificates = server_.certificate};
  const absl::Status nameless = TryOpen(server, options);
  EXPECT_EQ(nameless.code(), Code::kPermissionDenied) << nameless;
  expect_one("no_certificate");
  options.tls->certificate_chain = server_.certificate;
  options.tls->private_key = server_.key;
  const absl::Status stranger = TryOpen(server, options);
  EXPECT_EQ(stranger.code(), Code::kPermissionDenied) << stranger;
  expect_one("wrong_certificate");
  options.tls->root_certificates = client_.certificate;
  EXPECT_EQ(TryOpen(server, options).code(), Code::kPermissionDenied);
  expect_one("server_refused");
}

TEST_F(TlsTest, MutualTlsWantsACertificateOfTheClient) {
  const HonestServer server = StartTls(server_, client_.certificate);
  TlsOptions tls{.root_certificates = server_.certificate};
  EXPECT_FALSE(TryOpen(server, Options(server, tls)).ok());
  tls.certificate_chain = client_.certificate;
  tls.private_key = client_.key;
  const absl::Status status = TryOpen(server, Options(server, tls));
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace sotto
