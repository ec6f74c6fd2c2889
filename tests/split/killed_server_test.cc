// The shipped server as a process of its own, killed without warning.
#include <thread>

#include "gtest/gtest.h"
#include "testing/accelerator_process.h"
#include "testing/test_data.h"
#include "tests/split/honest_server.h"
#include "trusted/split/unprotected.h"

namespace sotto {
namespace {

constexpr std::chrono::seconds kLimit{10};  // Far below the exchange's own deadline of 60 s.

class KilledServerTest : public testing::TestWithParam<DataPlane> {};

TEST_P(KilledServerTest, ItsClientsAreToldAtOnce) {
  AcceleratorProcess process;
  ASSERT_NE(process.address(), "");
  const Checkpoint checkpoint = ValueOrDie(Checkpoint::Open(ShippedModelDir()));
  ThreadPool pool(1);
  SessionOptions options;
  options.config = checkpoint.config();
  options.weights_sha256 = ValueOrDie(checkpoint.WeightsSha256(pool));
  options.data_plane = GetParam();
  const auto session = ValueOrDie(Session::Open(process.address(), options));
  Matrix<uint32_t> x(64, 192), y(64, 1024);
  std::fill_n(x.view().data(), 64 * 192, 3);
  const auto exchange = [&]() -> absl::Status {
    SOTTO_ASSIGN_OR_RETURN(
        PendingExchange pending,
        session->Submit({LinearKind::kGateUp, 0}, UnprotectedRows::Ring(x.view()), y.view()));
    return pending->Wait();
  };
  ASSERT_TRUE(exchange().ok());
  std::thread killer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    process.Signal(SIGKILL);
  });
  const auto begin = std::chrono::steady_clock::now();
  absl::Status status = absl::OkStatus();
  while (status.ok() && std::chrono::steady_clock::now() - begin < kLimit) status = exchange();
  killer.join();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_NE(std::string(status.message()).find(process.address()), std::string::npos) << status;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kLimit);
}

INSTANTIATE_TEST_SUITE_P(DataPlanes, KilledServerTest,
                         testing::Values(DataPlane::kGrpc, DataPlane::kShm, DataPlane::kTcp),
                         [](const auto& info) { return std::string(DataPlaneName(info.param)); });

}  // namespace
}  // namespace sotto
