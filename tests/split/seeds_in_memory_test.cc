// The seeds of exchanges that are over stand nowhere in the trusted process's memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "protocol/peer_certificate.h"
#include "testing/accelerator_process.h"
#include "testing/own_memory.h"
#include "testing/temp_dir.h"
#include "testing/test_certificate.h"
#include "testing/test_data.h"
#include "tests/split/honest_server.h"
#include "tests/split/whole_pass.h"
#include "trusted/split/split.h"

namespace sotto {
namespace {

// Notes every seed that is sent through it.
class NotingChannel final : public AcceleratorChannel {
 public:
  NotingChannel(std::shared_ptr<AcceleratorChannel> inner, SecretsToFind& seeds)
      : inner_(std::move(inner)), seeds_(seeds) {}

  std::string endpoint() const override { return inner_->endpoint(); }
  size_t MaxRows(LinearLayer layer) const override { return inner_->MaxRows(layer); }
  absl::StatusOr<std::unique_ptr<Pending>> Submit(LinearLayer layer, const BlindedRows& rows,
                                                  AnswerRows answer) override {
    if (rows.seed() != nullptr) seeds_.Add(*rows.seed());
    if (rows.relay() != nullptr && rows.seed() != nullptr) seeds_.Add(rows.relay()->mask_seed);
    return inner_->Submit(layer, rows, answer);
  }
  void Fail(absl::Status why) override { inner_->Fail(std::move(why)); }

 private:
  const std::shared_ptr<AcceleratorChannel> inner_;
  SecretsToFind& seeds_;
};

struct Case {
  const char* name;
  DataPlane plane;
  RelayUse relay;
  bool tls = false;
};

class SeedsInMemoryTest : public ::testing::TestWithParam<Case> {
 protected:
  // Two servers, processes of their own: they may keep what they are sent. The sink of a relay is
  // the second, and first to start: the first is told whom it may dial.
  void StartServers(SplitSetup& options) {
    options.endpoints.resize(2);
    if (GetParam().tls) {
      options.tls.emplace();
      options.pinned_keys.resize(2);
    }
    for (const size_t i : {1, 0}) {
      std::vector<std::string> flags = {"--formats", "ring"};
      if (i == 0) flags.insert(flags.end(), {"--relay-to", options.endpoints[1]});
      if (GetParam().tls) {
        const TestCertificate made = TestCertificate::Make();
        const std::string name = "server" + std::to_string(i);
        flags.insert(flags.end(), {"--tls-cert", dir_.Write(name + ".pem", made.certificate),
                                   "--tls-key", dir_.Write(name + ".key", made.key)});
        options.pinned_keys[i] = *KeyFingerprint(made.certificate);
      }
      servers_.push_back(std::make_unique<AcceleratorProcess>(flags));
      options.endpoints[i] = servers_.back()->address();
    }
  }

  TempDir dir_;
  std::vector<std::unique_ptr<AcceleratorProcess>> servers_;
};

TEST_P(SeedsInMemoryTest, NoneIsLeftWhenItsExchangeIsOver) {
  SplitSetup options;
  options.protection = Protection::kShares;
  options.insecure_channels = !GetParam().tls;
  options.data_plane = GetParam().plane;
  options.relay = GetParam().relay;
  options.exchange_rows = 24;
  StartServers(options);
  const Checkpoint checkpoint = ValueOrDie(Checkpoint::Open(ShippedModelDir()));
  ThreadPool pool(2);
  const auto runtime = ValueOrDie(SplitRuntime::Prepare(checkpoint, options, pool));
  SecretsToFind seeds;
  SplitLinear split =
      ValueOrDie(runtime->Connect([&](size_t, std::shared_ptr<AcceleratorChannel> channel) {
        return std::make_unique<NotingChannel>(std::move(channel), seeds);
      }));
  ASSERT_TRUE(WholePass{.lanes = 2}.Run(checkpoint, std::move(split.linear)).ok());
  // The sessions are still open, and so is all that gRPC keeps for them.
  ASSERT_EQ(split.sessions.size(), 2u);
  EXPECT_EQ(split.relayed, GetParam().relay == RelayUse::kRequired);
  ASSERT_GT(seeds.size(), 60u);
  const std::vector<size_t> copies = seeds.CountCopies();
  const auto left = static_cast<size_t>(
      std::count_if(copies.begin(), copies.end(), [](size_t n) { return n > 0; }));
  RecordProperty("left", static_cast<int>(left));
  // Beside TLS seeds are sealed where they can be wiped.
  if (!GetParam().tls || GetParam().plane != DataPlane::kGrpc) {
    EXPECT_EQ(left, 0u) << "of " << copies.size();
    return;
  }
  // What gRPC encrypted last, a record of at most 16 KiB a connection, stays in its buffer until
  // the next overwrites it (THREAT_MODEL.md): nothing of exchanges before the last few hundred, and
  // nothing twice.
  EXPECT_LT(left, copies.size());
  for (const size_t n : copies) EXPECT_LE(n, 1u);
}

INSTANTIATE_TEST_SUITE_P(
    Channels, SeedsInMemoryTest,
    ::testing::Values(Case{"grpc", DataPlane::kGrpc, RelayUse::kNever},
                      Case{"relay", DataPlane::kGrpc, RelayUse::kRequired},
                      Case{"shm", DataPlane::kShm, RelayUse::kNever},
                      Case{"shm_relay", DataPlane::kShm, RelayUse::kRequired},
                      Case{"tcp", DataPlane::kTcp, RelayUse::kNever},
                      Case{"tls_tcp", DataPlane::kTcp, RelayUse::kRequired, true},
                      Case{"tls_shm", DataPlane::kShm, RelayUse::kRequired, true},
                      Case{"tls", DataPlane::kGrpc, RelayUse::kNever, true},
                      Case{"tls_relay", DataPlane::kGrpc, RelayUse::kRequired, true}),
    [](const auto& info) { return std::string(info.param.name); });

// The search finds what is there.
TEST(OwnMemoryTest, FindsSecretsOnTheHeapAndTheStack) {
  SecretsToFind secrets;
  std::vector<uint8_t> heap(100);
  std::array<uint8_t, 32> stack{};
  // Drawn now: a constant would also stand in the program itself.
  std::random_device random;
  for (size_t i = 0; i < 32; ++i) {
    heap[41 + i] = static_cast<uint8_t>(random());
    stack[i] = static_cast<uint8_t>(random());
  }
  secrets.Add(std::span(heap).subspan(41));
  secrets.Add(stack);
  EXPECT_EQ(secrets.size(), 2u);
  for (const size_t n : secrets.CountCopies()) EXPECT_GE(n, 1u);
  std::fill(heap.begin(), heap.end(), uint8_t{0});
  stack.fill(0);
  asm volatile("" : : "r"(heap.data()), "r"(stack.data()) : "memory");
  for (const size_t n : secrets.CountCopies()) EXPECT_EQ(n, 0u);
}

}  // namespace
}  // namespace sotto
