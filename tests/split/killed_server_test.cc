// The shipped server as a process of its own, killed without warning.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "enclave/blinding/unprotected.h"
#include "gtest/gtest.h"
#include "testing/test_data.h"
#include "tests/split/honest_server.h"

namespace sotto {
namespace {

constexpr std::chrono::seconds kLimit{10};  // Far below the exchange's own deadline of 60 s.

class ServerProcess {
 public:
  ServerProcess() {
    std::array<int, 2> out{};
    SOTTO_CHECK(pipe(out.data()) == 0);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(out[1], STDOUT_FILENO);
      close(out[0]);
      close(out[1]);
      const std::string program = SOTTO_BINARY_DIR "/bin/sotto-accelerator";
      execl(program.c_str(), program.c_str(), "--model", ShippedModelDir().c_str(), "--listen",
            "localhost:0", "--log-level", "error", nullptr);
      _exit(127);
    }
    close(out[1]);
    for (char c = 0; read(out[0], &c, 1) == 1 && c != '\n';) line_ += c;
    close(out[0]);
  }
  ~ServerProcess() { Kill(); }
  void Kill() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  // Empty when it did not start.
  std::string endpoint() const {
    const std::string prefix = "listening on ";
    return line_.starts_with(prefix) ? line_.substr(prefix.size()) : "";
  }

 private:
  pid_t pid_ = 0;
  std::string line_;
};

class KilledServerTest : public testing::TestWithParam<DataPlane> {};

TEST_P(KilledServerTest, ItsClientsAreToldAtOnce) {
  ServerProcess process;
  ASSERT_NE(process.endpoint(), "");
  const Checkpoint checkpoint = ValueOrDie(Checkpoint::Open(ShippedModelDir()));
  ThreadPool pool(1);
  SessionOptions options;
  options.config = checkpoint.config();
  options.weights_sha256 = ValueOrDie(checkpoint.WeightsSha256(pool));
  options.data_plane = GetParam();
  const auto session = ValueOrDie(AcceleratorSession::Open(process.endpoint(), options));
  Matrix<uint32_t> x(64, 192), y(64, 1024);
  std::fill_n(x.view().data(), 64 * 192, 3);
  const auto exchange = [&]() -> absl::Status {
    SOTTO_ASSIGN_OR_RETURN(
        PendingExchange pending,
        session->Submit({LinearKind::kGateUp, 0}, UnprotectedRows::Ring(x.view()), y.view()));
    return session->Wait(std::move(pending));
  };
  ASSERT_TRUE(exchange().ok());
  std::thread killer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    process.Kill();
  });
  const auto begin = std::chrono::steady_clock::now();
  absl::Status status = absl::OkStatus();
  while (status.ok() && std::chrono::steady_clock::now() - begin < kLimit) status = exchange();
  killer.join();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_NE(std::string(status.message()).find(process.endpoint()), std::string::npos) << status;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kLimit);
}

INSTANTIATE_TEST_SUITE_P(DataPlanes, KilledServerTest,
                         testing::Values(DataPlane::kGrpc, DataPlane::kShm),
                         [](const auto& info) { return std::string(DataPlaneName(info.param)); });

}  // namespace
}  // namespace sotto
