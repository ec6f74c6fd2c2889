// Real servers that lie: caught, and final for the endpoint, however often it is connected anew.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <optional>

#include "accelerator/devices/device_registry.h"
#include "testing/faulty_accelerator.h"
#include "testing/forwarding_device.h"
#include "testing/run_program.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"
#include "testing/with_plain.h"
#include "tests/split/honest_server.h"
#include "tests/split/whole_pass.h"
#include "trusted/split/split.h"

namespace sotto {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Flips a bit of every ring product from number `first` (from 0) on.
class LyingDevice final : public ForwardingDevice {
 public:
  LyingDevice(std::unique_ptr<Device> inner, int first)
      : ForwardingDevice(std::move(inner)), truths_(first) {}

  absl::Status MultiplyRing(const DeviceWeights& weights, ConstMatrixView<uint32_t> x,
                            MatrixView<uint32_t> y) override {
    SOTTO_RETURN_IF_ERROR(ForwardingDevice::MultiplyRing(weights, x, y));
    if (truths_-- <= 0) y(0, 0) ^= 1u << 31;
    return absl::OkStatus();
  }

 private:
  std::atomic<int> truths_;
};

HonestServer StartLiar(int first) {
  const std::vector<std::string> devices = {"cpu"};
  return HonestServer::StartWith(
      std::make_unique<LyingDevice>(ValueOrDie(OpenDevices(devices, {.threads = 1})), first),
      ShippedModelDir(), [](ServerOptions&) {});
}

SplitSetup LiarsOptions(const std::vector<const HonestServer*>& servers) {
  SplitSetup options;
  options.protection = servers.size() > 1 ? Protection::kShares : Protection::kPlain;
  options.plain_format = NumberFormat::kRing32;
  options.insecure_channels = true;
  options.relay = RelayUse::kNever;
  for (const HonestServer* server : servers) options.endpoints.push_back(server->endpoint());
  return options;
}

class LiarsTest : public ::testing::Test {
 protected:
  std::unique_ptr<SplitRuntime> Prepare(const SplitSetup& options) {
    return ValueOrDie(SplitRuntime::Prepare(checkpoint_, options, pool_));
  }
  absl::Status Run(SplitLinear& split) {
    return WholePass().Run(checkpoint_, std::move(split.linear)).status();
  }

  const Checkpoint checkpoint_ = ValueOrDie(Checkpoint::Open(ShippedModelDir()));
  ThreadPool pool_{2};
};

TEST_F(LiarsTest, ALieIsFinalForItsEndpoint) {
  const HonestServer liar = StartLiar(3);
  const auto runtime = Prepare(LiarsOptions({&liar}));
  SplitLinear split = ValueOrDie(runtime->Connect());
  const absl::Status lie = Run(split);
  EXPECT_EQ(lie.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(lie.message()), HasSubstr(liar.endpoint()));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(runtime->Connect().status(), lie);
}

// Told in its greeting, before any answer: final too, whoever stands there later.
TEST_F(LiarsTest, ALieInTheGreetingIsFinalForItsEndpoint) {
  const HonestServer honest = HonestServer::Start(ShippedModelDir());
  std::optional<FaultyAccelerator> liar(std::in_place, Fault::kNoInstanceId,
                                        honest.ClientOptions(NumberFormat::kRing32));
  SplitSetup options = LiarsOptions({&honest});
  options.endpoints = {liar->endpoint()};
  const auto runtime = Prepare(options);
  const absl::Status lie = runtime->Connect().status();
  EXPECT_EQ(lie.code(), absl::StatusCode::kAborted) << lie;
  liar.reset();
  EXPECT_EQ(runtime->Connect().status(), lie);
}

// What is checked with after a connection was lost has nothing to do with what came before.
TEST_F(LiarsTest, EveryConnectionIsVerifiedWithAFreshSecret) {
  const HonestServer server = HonestServer::Start(ShippedModelDir());
  const auto runtime = Prepare(LiarsOptions({&server}));
  const auto secret = [&] {
    const ProtectedLayer& layer = runtime->protected_layers()->at({LinearKind::kLmHead, 0});
    std::vector<int32_t> x(layer.shape.n_in, 0);
    x[0] = 1;
    return layer.key.ExpectedSum(x);
  };
  std::vector<uint64_t> secrets;
  for (int i = 0; i < 3; ++i) {
    SplitLinear split = ValueOrDie(runtime->Connect());
    secrets.push_back(secret());
    EXPECT_TRUE(Run(split).ok());  // And the answers pass.
  }
  EXPECT_NE(secrets[0], secrets[1]);
  EXPECT_NE(secrets[1], secrets[2]);
  EXPECT_NE(secrets[0], secrets[2]);
}

// Waits for each answer before the next request goes out, so that it is complete whatever breaks
// later; breaks at request number `breaks_at`, from 0.
class StepwiseChannel final : public AcceleratorChannel {
 public:
  StepwiseChannel(std::shared_ptr<AcceleratorChannel> inner, size_t breaks_at)
      : inner_(std::move(inner)), breaks_at_(breaks_at) {}

  std::string endpoint() const override { return inner_->endpoint(); }
  size_t MaxRows(LinearLayer) const override { return 16; }  // Several exchanges a layer.
  absl::StatusOr<std::unique_ptr<Pending>> Submit(LinearLayer layer, const BlindedRows& rows,
                                                  AnswerRows answer) override {
    if (sent_++ == breaks_at_) inner_->Fail(absl::UnavailableError("the connection broke"));
    SOTTO_ASSIGN_OR_RETURN(auto pending, inner_->Submit(layer, rows, answer));
    return std::make_unique<Waited>(pending->Wait());
  }
  void Fail(absl::Status why) override { inner_->Fail(std::move(why)); }

 private:
  class Waited final : public Pending {
   public:
    explicit Waited(absl::Status status) : status_(std::move(status)) {}
    absl::Status Wait() override { return status_; }

   private:
    const absl::Status status_;
  };

  const std::shared_ptr<AcceleratorChannel> inner_;
  const size_t breaks_at_;
  size_t sent_ = 0;  // One lane: no lock.
};

// The other server is gone when the second exchange is to be sent; the first was answered, by the
// liar with a lie.
TEST_F(LiarsTest, ALieOnOneChannelIsNotHiddenByAnotherThatBreaks) {
  const HonestServer liar = StartLiar(0), other = HonestServer::Start(ShippedModelDir());
  const auto runtime = Prepare(LiarsOptions({&liar, &other}));
  SplitLinear split =
      ValueOrDie(runtime->Connect([&](size_t server, std::shared_ptr<AcceleratorChannel> channel) {
        return std::make_unique<StepwiseChannel>(std::move(channel), server == 1 ? 1 : 1'000'000);
      }));
  const absl::Status lie = Run(split);
  EXPECT_EQ(lie.code(), absl::StatusCode::kAborted) << lie;
  EXPECT_EQ(runtime->Connect().status(), lie);
}

// The program, told to be patient.
class PatientProgramTest : public ::testing::TestWithParam<const char*> {};

TEST_P(PatientProgramTest, DoesNotTryALiarAgain) {
  const HonestServer liar = StartLiar(7);
  const TempDir dir;
  const ProgramResult run = RunProgram(
      "sotto",
      {"prefill", "--split", "--accelerator", liar.endpoint(), "--protection", GetParam(),
       "--retries", "5", "--output", "result.json", "--logprobs", "scores.jsonl"},
      {.working_dir = dir.path()});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("failed verification"));
  EXPECT_THAT(run.err, Not(HasSubstr("retrying")));
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

INSTANTIATE_TEST_SUITE_P(Protections, PatientProgramTest, ::testing::Values("pads"));

}  // namespace
}  // namespace sotto
