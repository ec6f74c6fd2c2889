// The services every gRPC tool expects beside ours: health and reflection.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>

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

  const HonestServer server_ = HonestServer::Start(ShippedModelDir());
  const std::shared_ptr<grpc::Channel> channel_ =
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

// Bytes both ways: grpc++_reflection has the messages' names for itself.
TEST_F(StandardServicesTest, ReflectionListsTheServices) {
  grpc::CompletionQueue queue;
  const auto next = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  const auto call = grpc::GenericStub(channel_).PrepareCall(
      &context_, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  call->StartCall(nullptr);
  ASSERT_TRUE(next());
  const std::string list_services("\x3a\x01*");  // Field 7, a string.
  const grpc::Slice slice(list_services);
  call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  ASSERT_TRUE(next());
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  ASSERT_TRUE(next());
  std::vector<grpc::Slice> slices;
  ASSERT_TRUE(answer.Dump(&slices).ok());
  std::string text;
  for (const grpc::Slice& part : slices) text.append(part.begin(), part.end());
  EXPECT_THAT(text, HasSubstr("sotto.wire.v1.Accelerator"));
  EXPECT_THAT(text, HasSubstr("grpc.health.v1.Health"));
  context_.TryCancel();
  grpc::Status status;
  call->Finish(&status, nullptr);
  next();
}

}  // namespace
}  // namespace sotto
