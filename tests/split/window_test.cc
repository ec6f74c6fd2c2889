// Two lanes with two exchanges each, against a server whose window holds just four of the largest
// there are: nobody may wait for room that only the waiting could give.
#include "base/log.h"
#include "gtest/gtest.h"
#include "protocol/messages.h"
#include "testing/test_data.h"
#include "testing/with_plain.h"
#include "tests/split/honest_server.h"
#include "tests/split/whole_pass.h"
#include "trusted/split/split.h"

namespace sotto {
namespace {

class WindowTest : public ::testing::TestWithParam<DataPlane> {
 protected:
  WindowTest() { SetLogLevel(LogLevel::kError); }

  // One row of the widest layer, there and back.
  static uint64_t WidestRowBytes(const ModelSpec& config) {
    uint64_t most = 0;
    for (const LinearShape shape : ShapeOfModel(config).layers) {
      most = std::max<uint64_t>(most, (shape.n_in + shape.n_out) * sizeof(uint32_t));
    }
    return most;
  }
  HonestServer StartTight() const {
    const uint64_t window = 4 * WidestRowBytes(checkpoint_.config());
    HonestServer server = HonestServer::Start(ShippedModelDir(), [&](ServerOptions& o) {
      ServiceLimits& limits = o.service.limits;
      limits.max_sessions = 1;
      for (limits.max_inflight_bytes = window; limits.window_bytes() < window;) {
        ++limits.max_inflight_bytes;
      }
      EXPECT_EQ(limits.window_bytes(), window);
    });
    return server;
  }
  void ExpectLocalBits(Protection protection, size_t servers) {
    std::vector<HonestServer> all;
    SplitSetup options;
    for (size_t i = 0; i < servers; ++i) {
      options.endpoints.push_back(all.emplace_back(StartTight()).endpoint());
    }
    options.protection = protection;
    options.insecure_channels = true;
    options.relay = RelayUse::kNever;
    options.plain_format = NumberFormat::kRing32;
    options.data_plane = GetParam();
    options.exchange_timeout = std::chrono::seconds(10);
    const auto runtime = ValueOrDie(SplitRuntime::Prepare(checkpoint_, options, pool_));
    SplitLinear split = ValueOrDie(runtime->Connect());
    EXPECT_EQ(split.sessions[0]->MaxRows({LinearKind::kLmHead, 0}), 1u);
    const WholePass pass{.lanes = 2};
    const auto got = pass.Run(checkpoint_, std::move(split.linear));
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_TRUE(SameBits(*got, pass.RunLocally(checkpoint_)));
  }

  const Checkpoint checkpoint_ = ValueOrDie(Checkpoint::Open(ShippedModelDir()));
  ThreadPool pool_{2};
};

TEST_P(WindowTest, OneServer) { ExpectLocalBits(Protection::kPlain, 1); }
TEST_P(WindowTest, Shares) { ExpectLocalBits(Protection::kShares, 2); }

INSTANTIATE_TEST_SUITE_P(DataPlanes, WindowTest,
                         ::testing::Values(DataPlane::kGrpc, DataPlane::kShm, DataPlane::kTcp),
                         [](const auto& info) { return std::string(DataPlaneName(info.param)); });

}  // namespace
}  // namespace sotto
