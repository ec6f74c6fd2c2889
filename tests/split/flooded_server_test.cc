// Clients that take what they can and do no work must not keep out those that do.
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/descriptor.h"
#include "base/log.h"
#include "gtest/gtest.h"
#include "testing/accelerator_process.h"
#include "testing/loopback.h"
#include "testing/raw_http2.h"
#include "testing/test_data.h"
#include "tests/split/honest_server.h"

namespace sotto {
namespace {

using std::chrono::milliseconds;

int PortOf(const std::string& address) { return std::stoi(address.substr(address.rfind(':') + 1)); }

// A session's status; UNAVAILABLE is tried again for half a minute.
absl::Status OpenSession(const std::string& endpoint, const SessionOptions& options) {
  absl::Status status = absl::OkStatus();
  for (int i = 0; i < 300; ++i) {
    status = Session::Open(endpoint, options).status();
    if (!absl::IsUnavailable(status)) break;
    std::this_thread::sleep_for(milliseconds(100));
  }
  return status;
}

SessionOptions OptionsOfShippedModel() {
  const Checkpoint checkpoint = ValueOrDie(Checkpoint::Open(ShippedModelDir()));
  ThreadPool pool(1);
  SessionOptions options;
  options.config = checkpoint.config();
  options.weights_sha256 = ValueOrDie(checkpoint.WeightsSha256(pool));
  return options;
}

// gRPC's own listener never accepts again after this.
TEST(FloodedServerTest, ServesAgainAfterConnectionsHaveUsedUpItsDescriptors) {
  const AcceleratorProcess process({"--metrics", "127.0.0.1:0"}, {}, /*descriptor_limit=*/128);
  ASSERT_NE(process.address(), "");
  std::vector<Descriptor> flood;
  flood.reserve(300);
  for (int i = 0; i < 300; ++i) {
    flood.push_back(ConnectFrom("127.0.0.1", PortOf(process.address())));
  }
  // Those that were too many are turned away, the last of them at the end.
  pollfd last{.fd = flood.back().get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&last, 1, /*timeout=*/30'000), 1);
  flood.clear();
  const absl::Status status = OpenSession(process.address(), OptionsOfShippedModel());
  EXPECT_TRUE(status.ok()) << status;
}

TEST(FloodedServerTest, OnePeersConnectionsLeaveRoomForAnother) {
  SetLogLevel(LogLevel::kError);
  const HonestServer server = HonestServer::Start(ShippedModelDir(), [](ServerOptions& o) {
    o.listen = "127.0.0.1:0";
    o.max_connections = 8;
  });
  std::vector<Descriptor> flood;
  flood.reserve(20);
  for (int i = 0; i < 20; ++i) {
    flood.push_back(ConnectFrom("127.0.0.2", PortOf(server.endpoint())));
  }
  const absl::Status status =
      OpenSession(server.endpoint(), server.ClientOptions(NumberFormat::kF32));
  EXPECT_TRUE(status.ok()) << status;
}

class UnfinishedCallsTest : public testing::TestWithParam<const char*> {};

// Neither calls that are not finished nor answers that are not taken may hold the threads that
// sessions need.
TEST_P(UnfinishedCallsTest, KeepNoSessionOut) {
  SetLogLevel(LogLevel::kError);
  const HonestServer server = HonestServer::Start(ShippedModelDir(), [](ServerOptions& o) {
    o.listen = "127.0.0.1:0";
    o.service.limits.max_sessions = 2;
  });
  const std::string path = GetParam(), empty;
  const bool unary = path.ends_with("Describe") || path.ends_with("Check");
  std::vector<std::unique_ptr<RawHttp2>> connections;
  for (int i = 0; i < 8; ++i) {
    connections.push_back(std::make_unique<RawHttp2>(PortOf(server.endpoint()), /*window=*/0));
    for (int call = 0; call < 16; ++call) connections.back()->Call(path, unary ? &empty : nullptr);
  }
  std::this_thread::sleep_for(milliseconds(500));  // All of them have arrived.
  const absl::Status status =
      OpenSession(server.endpoint(), server.ClientOptions(NumberFormat::kF32));
  EXPECT_TRUE(status.ok()) << status;
}

INSTANTIATE_TEST_SUITE_P(
    Methods, UnfinishedCallsTest,
    testing::Values("/sotto.wire.v1.Accelerator/Describe", "/sotto.wire.v1.Accelerator/Relay",
                    "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch",
                    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                    "/no.such.Service/Method"),
    [](const auto& info) { return "Method" + std::to_string(info.index); });

// A supervisor starts it anew. Here its socket's file is gone, which is as good as dead.
TEST(UnreachableServerTest, EndsWithAnError) {
  const std::string path = testing::TempDir() + "/unreachable_server_test.sock";
  AcceleratorProcess process({"--listen", "unix:" + path});
  ASSERT_EQ(process.address(), "unix:" + path);
  ASSERT_EQ(unlink(path.c_str()), 0);
  EXPECT_EQ(process.Signal(0), 1);  // Sends nothing: waits for the end.
}

TEST(TwoServersTest, TheSecondOnOneUnixSocketIsRefusedAndTheFirstGoesOn) {
  const std::string endpoint = "unix:" + testing::TempDir() + "/two_servers_test.sock";
  AcceleratorProcess first({"--listen", endpoint});
  ASSERT_EQ(first.address(), endpoint);
  AcceleratorProcess second({"--listen", endpoint});
  EXPECT_EQ(second.address(), "");
  EXPECT_EQ(second.Signal(SIGTERM), 1);
  const SessionOptions options = OptionsOfShippedModel();
  EXPECT_TRUE(OpenSession(endpoint, options).ok());
  first.Signal(SIGKILL);  // Leaves the socket's file.
  AcceleratorProcess third({"--listen", endpoint});
  EXPECT_EQ(third.address(), endpoint);
  EXPECT_TRUE(OpenSession(endpoint, options).ok());
}

}  // namespace
}  // namespace sotto
