// The services every gRPC tool expects beside ours: health, and reflection where it is wanted.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "health.grpc.pb.h"
#include "testing/test_data.h"
#include "tests/split/honest_server.h"

namespace sotto {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using testing::HasSubstr;

class StandardServicesTest : public testing::Test {
 protected:
  StandardServicesTest() {
    SetLogLevel(LogLevel::kError);
    context_.set_deadline(Deadline());
  }

  static std::chrono::system_clock::time_point Deadline() {
    return std::chrono::system_clock::now() + std::chrono::seconds(30);
  }
  std::pair<grpc::Status, HealthCheckResponse::ServingStatus> Check(const std::string& service) {
    HealthCheckRequest request;
    request.set_service(service);
    HealthCheckResponse response;
    grpc::ClientContext context;
    context.set_deadline(Deadline());
    const grpc::Status status = Health::NewStub(channel_)->Check(&context, request, &response);
    return {status, response.status()};
  }

  void Start(const HonestServer::Adjust& adjust) {
    server_ = HonestServer::Start(ShippedModelDir(), adjust);
    channel_ = grpc::CreateChannel(server_.endpoint(), grpc::InsecureChannelCredentials());
  }

  HonestServer server_ = HonestServer::Start(ShippedModelDir());
  std::shared_ptr<grpc::Channel> channel_ =
      grpc::CreateChannel(server_.endpoint(), grpc::InsecureChannelCredentials());
  grpc::ClientContext context_;
};

TEST_F(StandardServicesTest, HealthCheckSaysServing) {
  for (const char* service : {"", "sotto.wire.v1.Accelerator"}) {
    const auto [status, health] = Check(service);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(health, HealthCheckResponse::SERVING) << service;
  }
}

TEST_F(StandardServicesTest, HealthOfAnUnknownServiceIsNotFound) {
  EXPECT_EQ(Check("no.such.Service").first.error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(StandardServicesTest, AWatcherSeesTheServerLeave) {
  const auto watch = Health::NewStub(channel_)->Watch(&context_, HealthCheckRequest());
  HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  std::thread leave([&] { server_.server->Drain(std::chrono::milliseconds(500)); });
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  context_.TryCancel();
  leave.join();
}

// By its name the service says whether a session can be had; the server as a whole, that it runs.
TEST_F(StandardServicesTest, WithoutAFreePlaceTheServiceIsNotServing) {
  Start([](ServerOptions& o) { o.service.limits.max_sessions = 1; });
  auto session = server_.Connect(NumberFormat::kF32);
  EXPECT_EQ(Check("sotto.wire.v1.Accelerator").second, HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Check("").second, HealthCheckResponse::SERVING);
  session.reset();
  HealthCheckResponse::ServingStatus status = HealthCheckResponse::NOT_SERVING;
  for (int i = 0; i < 1000 && status != HealthCheckResponse::SERVING; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    status = Check("sotto.wire.v1.Accelerator").second;
  }
  EXPECT_EQ(status, HealthCheckResponse::SERVING);
}

// Bytes both ways: grpc++_reflection has the messages' names for itself.
std::string ListServices(const std::shared_ptr<grpc::Channel>& channel,
                         grpc::ClientContext& context, grpc::Status& status) {
  grpc::CompletionQueue queue;
  const auto next = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  const auto call = grpc::GenericStub(channel).PrepareCall(
      &context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  call->StartCall(nullptr);
  next();
  const std::string list_services("\x3a\x01*");  // Field 7, a string.
  const grpc::Slice slice(list_services);
  call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  next();
  call->WritesDone(nullptr);
  next();
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  std::string text;
  std::vector<grpc::Slice> slices;
  if (next() && answer.Dump(&slices).ok()) {
    for (const grpc::Slice& part : slices) text.append(part.begin(), part.end());
  }
  call->Finish(&status, nullptr);
  next();
  return text;
}

TEST_F(StandardServicesTest, ReflectionIsThereWhenAskedFor) {
  grpc::Status status;
  EXPECT_EQ(ListServices(channel_, context_, status), "");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  Start([](ServerOptions& o) { o.reflection = true; });
  grpc::ClientContext context;
  context.set_deadline(Deadline());
  const std::string text = ListServices(channel_, context, status);
  EXPECT_THAT(text, HasSubstr("sotto.wire.v1.Accelerator"));
  EXPECT_THAT(text, HasSubstr("grpc.health.v1.Health"));
  EXPECT_TRUE(status.ok()) << status.error_message();
}

}  // namespace
}  // namespace sotto
