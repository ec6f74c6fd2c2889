// One side cuts the shared memory short under the other: the session ends, and nothing else. Both
// sides are in this process, which a SIGBUS would end.
#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "protocol/accelerator.grpc.pb.h"
#include "protocol/handshake.h"
#include "testing/faulty_accelerator.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"
#include "tests/split/honest_server.h"
#include "trusted/split/unprotected.h"

namespace sotto {
namespace {

using testing::HasSubstr;

absl::Status Multiply(Session& session) {
  Matrix<uint32_t> x(64, 192), y(64, 1024);
  std::fill_n(x.view().data(), 64 * 192, 3);
  SOTTO_ASSIGN_OR_RETURN(
      PendingExchange pending,
      session.Submit({LinearKind::kGateUp, 0}, UnprotectedRows::Ring(x.view()), y.view()));
  return pending->Wait();
}

TEST(TornMemoryTest, AServerOutlivesIt) {
  SetLogLevel(LogLevel::kError);
  const TempDir dir;
  const HonestServer server = HonestServer::Start(
      ShippedModelDir(), [&](ServerOptions& o) { o.service.shm_directory = dir.path(); });
  SessionOptions options = server.ClientOptions(NumberFormat::kRing32);
  options.data_plane = DataPlane::kShm;
  options.shm_directory = dir.path();
  const auto bystander = ValueOrDie(Session::Open(server.endpoint(), options));

  const auto stub = pb::Accelerator::NewStub(
      grpc::CreateChannel(server.endpoint(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  const auto stream = stub->Session(&context);
  pb::ClientMessage message;
  *message.mutable_hello() = ValueOrDie(MakeHello(server.endpoint(), options));
  pb::ServerMessage welcome;
  ASSERT_TRUE(stream->Write(message) && stream->Read(&welcome));
  const pb::ShmOffer& offer = welcome.welcome().shm();
  ShmRegion region = ValueOrDie(ShmRegion::Open(dir.path(), offer.name(), offer.ring_bytes()));
  const std::string path = dir.path() + "/" + offer.name();
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  const ShmChallenge own = DrawChallenge();
  region.WriteClientChallenge(own);
  message.mutable_ready()->set_data_plane(pb::SHM);
  message.mutable_ready()->set_challenge(std::string(own.begin(), own.end()));
  ASSERT_TRUE(stream->Write(message));
  // The session runs once the file has lost its name.
  while (access(path.c_str(), F_OK) == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_EQ(ftruncate(fd, 0), 0);
  close(fd);
  message.mutable_doorbell();  // Should it sleep already.
  stream->Write(message);
  pb::ServerMessage last;
  ASSERT_TRUE(stream->Read(&last));
  EXPECT_THAT(last.failure().message(), HasSubstr("cut short"));
  stream->WritesDone();
  EXPECT_FALSE(stream->Finish().ok());

  EXPECT_TRUE(Multiply(*bystander).ok());
  EXPECT_TRUE(Session::Open(server.endpoint(), options).ok());
}

TEST(TornMemoryTest, AClientIsTold) {
  const TempDir dir;
  const Checkpoint checkpoint = ValueOrDie(Checkpoint::Open(ShippedModelDir()));
  ThreadPool pool(1);
  SessionOptions options;
  options.config = checkpoint.config();
  options.weights_sha256 = ValueOrDie(checkpoint.WeightsSha256(pool));
  options.data_plane = DataPlane::kShm;
  options.shm_directory = dir.path();
  const FaultyAccelerator accelerator(Fault::kCutsMemoryShort, options);
  const auto session = ValueOrDie(Session::Open(accelerator.endpoint(), options));
  absl::Status status = absl::OkStatus();
  for (int i = 0; i < 2 && status.ok(); ++i) status = Multiply(*session);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("cut short"));
}

}  // namespace
}  // namespace sotto
