// Protections, devices, channels and models, in combinations of which each pair occurs: every one
// equals local fixed point to the bit, through server processes.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "model/config_presets.h"
#include "model/random_model.h"
#include "protocol/peer_certificate.h"
#include "protocol/tls.h"
#include "testing/accelerator_process.h"
#include "testing/temp_dir.h"
#include "testing/test_certificate.h"
#include "testing/test_data.h"
#include "tests/split/honest_server.h"
#include "tests/split/whole_pass.h"
#include "trusted/split/split.h"

namespace sotto {
namespace {

enum class Devices { kCpu, kOpenCl, kTwoOpenCl };
enum class Channel { kShm, kTcp, kGrpc, kTls, kTlsShm, kTlsTcp };

bool IsTls(Channel channel) { return channel >= Channel::kTls; }

DataPlane PlaneOf(Channel channel) {
  switch (channel) {
    case Channel::kShm:
    case Channel::kTlsShm:
      return DataPlane::kShm;
    case Channel::kTcp:
    case Channel::kTlsTcp:
      return DataPlane::kTcp;
    case Channel::kGrpc:
    case Channel::kTls:
      break;
  }
  return DataPlane::kGrpc;
}

struct Combination {
  const char* name;
  Protection protection;
  std::vector<Devices> servers;
  Channel channel;
  RelayUse relay = RelayUse::kNever;
};

// A server process of the devices, with a key of its own. `relay_to`: whom it may relay to, or "".
class Server {
 public:
  Server(const std::string& model_dir, Devices devices, Channel channel,
         const std::string& relay_to) {
    std::vector<std::string> arguments = {"--model", model_dir,   "--formats",
                                          "ring",    "--threads", "1"};
    const auto add = [&](std::initializer_list<std::string> more) {
      arguments.insert(arguments.end(), more);
    };
    if (devices != Devices::kCpu) add({"--device", "opencl:0"});
    if (devices == Devices::kTwoOpenCl) add({"--device", "opencl:1"});
    if (IsTls(channel)) {
      add({"--tls-cert", dir_.Write("cert", own_.certificate), "--tls-key",
           dir_.Write("key", own_.key)});
    }
    if (!relay_to.empty()) add({"--relay-to", relay_to});
    // Where PoCL is installed there are two devices.
    const std::map<std::string, std::string> environment = {{"POCL_DEVICES", "pthread pthread"}};
    process_ = std::make_unique<AcceleratorProcess>(arguments, environment);
  }

  const std::string& endpoint() const { return process_->address(); }
  std::string key() const { return ValueOrDie(KeyFingerprint(own_.certificate)); }

 private:
  const TempDir dir_;
  const TestCertificate own_ = TestCertificate::Make();
  std::unique_ptr<AcceleratorProcess> process_;
};

SplitSetup MatrixOptions(const Combination& c,
                         const std::vector<std::unique_ptr<Server>>& servers) {
  SplitSetup options;
  options.protection = c.protection;
  options.plain_format = NumberFormat::kRing32;
  options.relay = c.relay;
  options.exchange_rows = 24;
  options.pads.rows = 24;
  options.insecure_channels = !IsTls(c.channel);
  options.data_plane = PlaneOf(c.channel);
  if (IsTls(c.channel)) options.tls.emplace();
  for (const auto& server : servers) {
    options.endpoints.push_back(server->endpoint());
    if (options.tls) options.pinned_keys.push_back(server->key());
  }
  return options;
}

void ExpectLocalBits(const std::string& model_dir, const Combination& c, const WholePass& pass) {
  std::vector<std::unique_ptr<Server>> servers;
  // From the last on: the first relays to the one behind it.
  for (auto devices = c.servers.rbegin(); devices != c.servers.rend(); ++devices) {
    const std::string next = servers.empty() ? "" : servers.front()->endpoint();
    servers.insert(servers.begin(), std::make_unique<Server>(model_dir, *devices, c.channel, next));
    if (servers.front()->endpoint().empty() && *devices != Devices::kCpu) {
      GTEST_SKIP() << "no OpenCL device: install pocl-opencl-icd";
    }
    ASSERT_FALSE(servers.front()->endpoint().empty());
  }
  const Checkpoint checkpoint = ValueOrDie(Checkpoint::Open(model_dir));
  ThreadPool pool(pass.threads);
  const auto runtime =
      ValueOrDie(SplitRuntime::Prepare(checkpoint, MatrixOptions(c, servers), pool));
  SplitLinear split = ValueOrDie(runtime->Connect());
  EXPECT_EQ(split.relayed, c.relay == RelayUse::kRequired);
  const auto got = ValueOrDie(pass.Run(checkpoint, std::move(split.linear)));
  EXPECT_TRUE(SameBits(got, pass.RunLocally(checkpoint)));
  for (const auto& session : split.sessions) EXPECT_GT(session->stats().exchanges, 0u);
}

class BlindedMatrixTest : public testing::TestWithParam<Combination> {};

using enum Devices;
using enum Channel;
using enum Protection;

std::string NameOf(const testing::TestParamInfo<Combination>& info) { return info.param.name; }

class ShippedModelTest : public BlindedMatrixTest {};
TEST_P(ShippedModelTest, EqualsLocalFixed) {
  ExpectLocalBits(ShippedModelDir(), GetParam(), {.lanes = 2});
}
INSTANTIATE_TEST_SUITE_P(
    Matrix, ShippedModelTest,
    testing::Values(Combination{"RelayTls", kShares, {kCpu, kOpenCl}, kTls, RelayUse::kRequired},
                    Combination{"Shares3Grpc", kShares, {kTwoOpenCl, kCpu, kOpenCl}, kGrpc},
                    Combination{"Shares2Shm", kShares, {kTwoOpenCl, kOpenCl}, kShm},
                    Combination{"PadsShm", kPads, {kTwoOpenCl}, kShm},
                    Combination{"PadsTls", kPads, {kCpu}, kTls},
                    Combination{"PadsTcp", kPads, {kCpu}, kTcp},
                    Combination{"PadsTlsTcp", kPads, {kCpu}, kTlsTcp},
                    Combination{"RelayTlsTcp", kShares, {kCpu, kCpu}, kTlsTcp, RelayUse::kRequired},
                    Combination{"RelayTlsShm", kShares, {kCpu, kCpu}, kTlsShm, RelayUse::kRequired},
                    Combination{"Shares3TlsTcp", kShares, {kCpu, kCpu, kCpu}, kTlsTcp},
                    Combination{"Shares2TlsShm", kShares, {kCpu, kCpu}, kTlsShm},
                    Combination{"PadsGrpc", kPads, {kOpenCl}, kGrpc}),
    NameOf);

class Stories260KTest : public BlindedMatrixTest {};
TEST_P(Stories260KTest, EqualsLocalFixed) {
  const auto data = TestDataDir();
  if (!data) GTEST_SKIP() << kNoTestData;
  ExpectLocalBits(*data + "/stories260K", GetParam(), {.lanes = 2});
}
INSTANTIATE_TEST_SUITE_P(
    Matrix, Stories260KTest,
    testing::Values(Combination{"RelayShm", kShares, {kOpenCl, kCpu}, kShm, RelayUse::kRequired},
                    Combination{
                        "RelayGrpc", kShares, {kTwoOpenCl, kTwoOpenCl}, kGrpc, RelayUse::kRequired},
                    Combination{"Shares3Tls", kShares, {kCpu, kTwoOpenCl, kCpu}, kTls},
                    Combination{"Shares2Grpc", kShares, {kCpu, kOpenCl}, kGrpc},
                    Combination{"PadsShm", kPads, {kCpu}, kShm},
                    Combination{"PadsTls", kPads, {kTwoOpenCl}, kTls}),
    NameOf);

// One block of Llama-3.2-1B's shape, with a vocabulary that fits a test.
class WideModelTest : public BlindedMatrixTest {
 protected:
  static void SetUpTestSuite() {
    ModelSpec config = ValueOrDie(ConfigLike("llama-3.2-1b"));
    config.layers.resize(1);
    config.vocab_size = 256;
    config.bos_token_ids = config.eos_token_ids = {0};
    ThreadPool pool(2);
    dir_ = new TempDir;
    SOTTO_CHECK(WriteRandomModel({.config = config}, dir_->File("model"), pool).ok());
  }
  static void TearDownTestSuite() { delete std::exchange(dir_, nullptr); }

  static TempDir* dir_;
};
TempDir* WideModelTest::dir_ = nullptr;

TEST_P(WideModelTest, EqualsLocalFixed) {
  ExpectLocalBits(dir_->File("model"), GetParam(), {.prompts = 1, .length = 30});
}
INSTANTIATE_TEST_SUITE_P(
    Matrix, WideModelTest,
    testing::Values(Combination{"RelayTls", kShares, {kCpu, kOpenCl}, kTls, RelayUse::kRequired},
                    Combination{"PadsShm", kPads, {kCpu}, kShm}),
    NameOf);

}  // namespace
}  // namespace sotto
