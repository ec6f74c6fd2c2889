// Whole forward passes through `shares` and `pads`, over real servers, equal the local fixed-point
// ones to the bit.
#include "base/cpu.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/family_configs.h"
#include "testing/sanitizer.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"
#include "testing/with_plain.h"
#include "tests/split/honest_server.h"
#include "tests/split/whole_pass.h"
#include "trusted/linear/local.h"
#include "trusted/split/split.h"

namespace sotto {
namespace {

using ::testing::HasSubstr;

constexpr int kThreads = 2;

struct BlindedCase {
  const char* name;
  Protection protection;
  size_t servers;
  DataPlane plane;
  WhenOut when_out = WhenOut::kWait;
  RelayUse relay = RelayUse::kWherePossible;
};

SplitSetup OptionsFor(const BlindedCase& c, const std::vector<HonestServer>& servers) {
  SplitSetup options;
  options.protection = c.protection;
  options.insecure_channels = true;
  options.relay = c.relay;
  options.data_plane = c.plane;
  options.plain_format = NumberFormat::kRing32;
  options.weights_sha256 = servers[0].weights_sha256;
  options.exchange_rows = 24;
  options.pads.rows = 24;
  options.pads.store.memory_bytes = size_t{16} << 20;
  options.pads.when_out = c.when_out;
  for (const HonestServer& server : servers) options.endpoints.push_back(server.endpoint());
  return options;
}

std::vector<HonestServer> StartServers(const std::string& model_dir, size_t count) {
  std::vector<HonestServer> servers;
  for (size_t i = 0; i < count; ++i) servers.push_back(HonestServer::Start(model_dir));
  return servers;
}

// The sizes of what passes: of each message, in the order they are sent to all servers.
struct MessageSize {
  size_t server, layer_kind, block, rows, sent_bytes, answer_bytes;
  bool seed, relay;
  friend bool operator==(const MessageSize&, const MessageSize&) = default;
};

class MeasuringChannel final : public AcceleratorChannel {
 public:
  MeasuringChannel(size_t server, std::shared_ptr<AcceleratorChannel> inner,
                   std::vector<MessageSize>& sizes)
      : server_(server), inner_(std::move(inner)), sizes_(sizes) {}

  std::string endpoint() const override { return inner_->endpoint(); }
  size_t MaxRows(LinearLayer layer) const override { return inner_->MaxRows(layer); }
  absl::StatusOr<std::unique_ptr<Pending>> Submit(LinearLayer layer, const BlindedRows& rows,
                                                  AnswerRows answer) override {
    sizes_.push_back({server_, static_cast<size_t>(layer.kind), layer.block, rows.rows(),
                      rows.payload().size(), answer.bytes().size(), rows.seed() != nullptr,
                      rows.relay() != nullptr});
    return inner_->Submit(layer, rows, answer);
  }
  void Fail(absl::Status why) override { inner_->Fail(std::move(why)); }

 private:
  const size_t server_;
  const std::shared_ptr<AcceleratorChannel> inner_;
  std::vector<MessageSize>& sizes_;  // One lane: no lock.
};

// All that a party on the wire can count, of one pass.
struct Traffic {
  std::vector<MessageSize> messages = {};
  std::vector<uint64_t> counts = {};
  std::vector<float> logits = {};  // What it was for; no part of it.

  friend bool operator==(const Traffic& a, const Traffic& b) {
    return a.messages == b.messages && a.counts == b.counts;
  }
};

class BlindedSplitTest : public ::testing::TestWithParam<BlindedCase> {
 protected:
  // Of each pass in a session of its own.
  std::vector<Traffic> TrafficOf(const std::vector<WholePass>& passes) {
    ThreadPool pool(kThreads);
    const auto servers = StartServers(ShippedModelDir(), GetParam().servers);
    const auto runtime =
        ValueOrDie(SplitRuntime::Prepare(checkpoint_, OptionsFor(GetParam(), servers), pool));
    std::vector<Traffic> seen(passes.size());
    for (size_t i = 0; i < passes.size(); ++i) {
      SplitLinear split = ValueOrDie(
          runtime->Connect([&](size_t server, std::shared_ptr<AcceleratorChannel> channel) {
            return std::make_unique<MeasuringChannel>(server, std::move(channel), seen[i].messages);
          }));
      seen[i].logits = ValueOrDie(passes[i].Run(checkpoint_, std::move(split.linear)));
      for (const auto& session : split.sessions) {
        const SessionStats stats = session->stats();
        seen[i].counts.insert(seen[i].counts.end(),
                              {stats.exchanges, stats.bytes_sent, stats.bytes_received});
      }
    }
    return seen;
  }

  static void ExpectLocalBits(const std::string& model_dir) {
    const Checkpoint checkpoint = ValueOrDie(Checkpoint::Open(model_dir));
    ThreadPool pool(kThreads);
    const std::vector<float> want = WholePass().RunLocally(checkpoint);
    const auto servers = StartServers(model_dir, GetParam().servers);
    const auto runtime =
        ValueOrDie(SplitRuntime::Prepare(checkpoint, OptionsFor(GetParam(), servers), pool));
    SplitLinear split = ValueOrDie(runtime->Connect());
    if (split.await_stock) {
      ASSERT_TRUE(split.await_stock().ok());
    }
    const std::vector<float> got = ValueOrDie(WholePass().Run(checkpoint, std::move(split.linear)));
    EXPECT_TRUE(SameBits(got, want));
    for (const auto& session : split.sessions) EXPECT_GT(session->stats().exchanges, 0u);
  }

  const Checkpoint checkpoint_ = ValueOrDie(Checkpoint::Open(ShippedModelDir()));
};

TEST_P(BlindedSplitTest, ShippedModel) { ExpectLocalBits(ShippedModelDir()); }

TEST_P(BlindedSplitTest, Stories260K) {
  const auto data = TestDataDir();
  if (!data) GTEST_SKIP() << kNoTestData;
  ExpectLocalBits(*data + "/stories260K");
}

TEST_P(BlindedSplitTest, Families) {
  const TempDir dir;
  for (const FamilyConfig& family : FamilyConfigs()) {
    SCOPED_TRACE(family.name);
    ExpectLocalBits(WriteFamilyModel(family, dir));
  }
}

// Message by message, and every byte that crosses counted, for two different texts of one shape.
TEST_P(BlindedSplitTest, TrafficDoesNotDependOnTheText) {
  const std::vector<Traffic> seen = TrafficOf({{.text = 0}, {.text = 5}});
  EXPECT_GT(seen[0].messages.size(), 4u * 4 * 4);  // Exchanges of 24 rows, 80 rows a layer.
  EXPECT_TRUE(seen[0] == seen[1]);
}

// Nor on how long the prompts are and how many the batch has, and what comes out is the same. Under
// a sanitizer, which is slow and sees memory alone, of last logits only.
TEST_P(BlindedSplitTest, TrafficOfAFixedShapeDoesNotDependOnLengthsAndCount) {
  for (const LogitsMode logits : {LogitsMode::kAll, LogitsMode::kLast}) {
    if (kUnderSanitizer && logits == LogitsMode::kAll) continue;
    const WholePass full{
        .prompts = 3, .batch_size = 3, .run = {.logits = logits, .pad_compute = true}};
    WholePass mixed = full, few = full;
    mixed.lengths = {1, 40, 17};
    few.prompts = 1;
    few.lengths = {2};
    const std::vector<Traffic> seen = TrafficOf({full, mixed, few});
    EXPECT_FALSE(seen[0].messages.empty());
    EXPECT_TRUE(seen[0] == seen[1]);
    EXPECT_TRUE(seen[0] == seen[2]);
    WholePass packed = mixed;
    packed.run.pad_compute = false;
    EXPECT_TRUE(SameBits(seen[1].logits, packed.RunLocally(checkpoint_)));
    // The test can fail: without padding, lengths tell.
    EXPECT_FALSE(TrafficOf({packed})[0] == seen[0]);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Protections, BlindedSplitTest,
    ::testing::Values(BlindedCase{"plainVerified", Protection::kPlain, 1, DataPlane::kGrpc},
                      BlindedCase{"shares2", Protection::kShares, 2, DataPlane::kGrpc},
                      BlindedCase{"unrelayed", Protection::kShares, 2, DataPlane::kGrpc,
                                  WhenOut::kWait, RelayUse::kNever},
                      BlindedCase{"shares3", Protection::kShares, 3, DataPlane::kGrpc},
                      BlindedCase{"pads", Protection::kPads, 1, DataPlane::kGrpc}),
    [](const auto& info) { return std::string(info.param.name); });

class SplitPolicyTest : public ::testing::Test {
 protected:
  absl::Status Prepare(const SplitSetup& options) {
    return SplitRuntime::Prepare(checkpoint_, options, pool_).status();
  }
  static SplitSetup Shares(std::vector<std::string> endpoints) {
    SplitSetup options;
    options.protection = Protection::kShares;
    options.endpoints = std::move(endpoints);
    return options;
  }

  const Checkpoint checkpoint_ = ValueOrDie(Checkpoint::Open(ShippedModelDir()));
  ThreadPool pool_{1};
};

TEST_F(SplitPolicyTest, SharesNeedSecretChannelsToPinnedKeys) {
  SplitSetup options = Shares({"a:1", "b:1"});
  absl::Status status = Prepare(options);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("TLS"));
  options.tls.emplace();
  status = Prepare(options);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("pin"));
  options.pinned_keys = {"aa", "bb"};
  EXPECT_TRUE(Prepare(options).ok());
}

TEST_F(SplitPolicyTest, CountsEndpoints) {
  for (const auto& endpoints : {std::vector<std::string>{}, {"a:1"}, {"a:1", "a:1"}}) {
    SplitSetup options = Shares(endpoints);
    options.insecure_channels = true;
    EXPECT_EQ(Prepare(options).code(), absl::StatusCode::kInvalidArgument);
  }
  SplitSetup options = Shares({"a:1", "b:1"});
  for (Protection protection : {Protection::kPads, Protection::kPlain}) {
    options.protection = protection;
    EXPECT_EQ(Prepare(options).code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST_F(SplitPolicyTest, RefusesOtherWeights) {
  SplitSetup options = Shares({"a:1", "b:1"});
  options.insecure_channels = true;
  options.weights_sha256 = std::string(64, '0');
  const absl::Status status = Prepare(options);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("weights_sha256"));
}

TEST_F(SplitPolicyTest, RefusesTheSameServerUnderTwoNames) {
  const HonestServer server = HonestServer::Start(ShippedModelDir());
  const std::string port = server.endpoint().substr(server.endpoint().rfind(':'));
  SplitSetup options = Shares({"127.0.0.1" + port, "localhost" + port});
  options.insecure_channels = true;
  const auto runtime = ValueOrDie(SplitRuntime::Prepare(checkpoint_, options, pool_));
  const absl::Status status = runtime->Connect().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
}

TEST(ParseProtection, ChoosesByEndpoints) {
  EXPECT_EQ(*ParseProtection("auto", 1), Protection::kPads);
  EXPECT_EQ(*ParseProtection("auto", 2), Protection::kShares);
  EXPECT_EQ(*ParseProtection("plain", 1), Protection::kPlain);
  EXPECT_EQ(ParseProtection("none", 1).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sotto
