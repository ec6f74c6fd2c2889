#include "cli/split_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "testing/temp_dir.h"
#include "testing/test_certificate.h"
#include "testing/with_plain.h"

namespace sotto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Arguments = std::vector<std::string>;

absl::StatusOr<std::optional<SplitOptions>> Read(Arguments arguments) {
  CLI::App app;
  const SplitFlags flags(app);
  std::reverse(arguments.begin(), arguments.end());  // CLI11 wants them so.
  app.parse(arguments);
  return flags.Read();
}

SplitOptions Options(Arguments arguments) {
  arguments.insert(arguments.begin(), "--split");
  const auto options = Read(std::move(arguments));
  EXPECT_TRUE(options.ok()) << options.status();
  return options.ok() ? **options : SplitOptions();
}

void ExpectRefused(const Arguments& arguments, const std::string& what) {
  const absl::Status status = Read(arguments).status();
  EXPECT_TRUE(IsUsageError(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(what));
}

class SplitFlagsTest : public testing::Test {
 protected:
  SplitFlagsTest() { unsetenv("LLAMA_GPU_ENDPOINT"); }
  ~SplitFlagsTest() override { unsetenv("LLAMA_GPU_ENDPOINT"); }

  const TempDir dir_;
  const std::string key_ = std::string(63, 'a') + "B";
  const TestCertificate other_ = TestCertificate::Make();
};

TEST_F(SplitFlagsTest, WithoutSplitThereIsNothingAndNothingMayBeAsked) {
  EXPECT_EQ(*Read({}), std::nullopt);
  for (const Arguments& arguments : {Arguments{"--accelerator", "a:1"},
                                     {"--verify"},
                                     {"--tls-key", "f"},
                                     {"--no-relay"},
                                     {"--pad-memory", "1"},
                                     {"--timeout", "1"},
                                     {"--offload", "linear"}}) {
    ExpectRefused(arguments, arguments[0] + ": requires --split");
  }
}

TEST_F(SplitFlagsTest, Defaults) {
  const SplitOptions options = Options({});
  EXPECT_THAT(options.endpoints, ElementsAre("localhost:50051"));
  EXPECT_EQ(options.protection, Protection::kPads);
  EXPECT_FALSE(options.certificate.has_value());
  EXPECT_THAT(options.pinned_keys, testing::IsEmpty());
  EXPECT_FALSE(options.insecure_channels);
  EXPECT_EQ(options.data_plane, DataPlane::kAuto);
  EXPECT_EQ(options.exchange_timeout, std::chrono::seconds(60));
  EXPECT_EQ(options.relay, RelayUse::kWherePossible);
  EXPECT_EQ(options.pads.when_out, WhenOut::kWait);
  EXPECT_EQ(options.pads.memory_bytes, size_t{1} << 30);
}

TEST_F(SplitFlagsTest, EndpointsComeFromFlagsOrTheVariable) {
  setenv("LLAMA_GPU_ENDPOINT", "a:1,b:2", 1);
  EXPECT_THAT(Options({}).endpoints, ElementsAre("a:1", "b:2"));
  setenv("LLAMA_GPU_ENDPOINT", " a:1 , b:2", 1);
  EXPECT_THAT(Options({}).endpoints, ElementsAre("a:1", "b:2"));
  EXPECT_EQ(Options({}).protection, Protection::kShares);
  EXPECT_THAT(Options({"--accelerator", "c:3"}).endpoints, ElementsAre("c:3"));
  setenv("LLAMA_GPU_ENDPOINT", "a:1,nonsense", 1);
  ExpectRefused({"--split"}, "LLAMA_GPU_ENDPOINT: ");
  ExpectRefused({"--split", "--accelerator", "nonsense"}, "--accelerator: ");
}

TEST_F(SplitFlagsTest, AVariableThatDoesNothingIsNotPassedOverInSilence) {
  setenv("LLAMA_GPU_ENDPOINT", "a:1", 1);
  testing::internal::CaptureStderr();
  EXPECT_EQ(*Read({}), std::nullopt);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "sotto: warning: LLAMA_GPU_ENDPOINT is set, but not used without --split\n");
  testing::internal::CaptureStderr();
  Options({});
  unsetenv("LLAMA_GPU_ENDPOINT");
  EXPECT_EQ(*Read({}), std::nullopt);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(SplitFlagsTest, TlsFilesAndPinnedKeys) {
  const TestCertificate own = TestCertificate::Make();
  const std::string ca = dir_.Write("ca", other_.certificate),
                    cert = dir_.Write("cert", own.certificate), key = dir_.Write("key", own.key);
  const SplitOptions options =
      Options({"--accelerator-key", key_, "--tls-cert", cert, "--tls-key", key});
  ASSERT_TRUE(options.certificate.has_value());
  EXPECT_EQ(options.certificate->chain, own.certificate);
  EXPECT_EQ(options.certificate->private_key, own.key);
  EXPECT_THAT(options.pinned_keys, ElementsAre(std::string(63, 'a') + "b"));
  EXPECT_THAT(Options({"--accelerator", "a:1", "--accelerator", "b:2", "--accelerator-ca", ca,
                       "--accelerator-ca", cert})
                  .roots,
              ElementsAre(other_.certificate, own.certificate));
}

TEST_F(SplitFlagsTest, TlsThatCannotBe) {
  const std::string file = dir_.Write("file", other_.certificate);
  ExpectRefused({"--split", "--tls-cert", file}, "must be given together");
  ExpectRefused({"--split", "--tls-cert", file, "--tls-key", file}, "requires --accelerator-ca");
  ExpectRefused({"--split", "--accelerator-ca", dir_.File("none")}, "--accelerator-ca: ");
  ExpectRefused({"--split", "--accelerator-key", "abc"}, "must be 64 hex digits");
  ExpectRefused({"--split", "--accelerator-key", key_, "--accelerator-key", key_},
                "2 given for 1 servers");
  // One file that vouches for two servers would let its authority stand in for both.
  ExpectRefused(
      {"--split", "--accelerator", "a:1", "--accelerator", "b:2", "--accelerator-ca", file},
      "--accelerator-ca: 1 given for 2 servers");
  ExpectRefused({"--split", "--accelerator-ca", file, "--accelerator-key", key_},
                "--accelerator-ca and --accelerator-key: cannot be combined");
}

TEST_F(SplitFlagsTest, Relay) {
  EXPECT_EQ(Options({"--relay"}).relay, RelayUse::kRequired);
  EXPECT_EQ(Options({"--no-relay"}).relay, RelayUse::kNever);
  EXPECT_EQ(
      Options({"--accelerator", "a:1", "--accelerator", "b:2", "--relay-peer", "c:3"}).relay_peer,
      "c:3");
  ExpectRefused({"--split", "--relay", "--no-relay"}, "cannot be combined");
  ExpectRefused({"--split", "--relay-peer", "nonsense"}, "--relay-peer: ");
}

TEST_F(SplitFlagsTest, Pads) {
  const PadSettings pads =
      Options({"--pad-memory", "2", "--pad-disk", "3", "--pad-dir", "d", "--when-out", "fail"})
          .pads;
  EXPECT_EQ(pads.memory_bytes, size_t{2} << 20);
  EXPECT_EQ(pads.directory_bytes, size_t{3} << 20);
  EXPECT_EQ(pads.directory, "d");
  EXPECT_EQ(pads.when_out, WhenOut::kFail);
  ExpectRefused({"--split", "--pad-memory", "-1"}, "--pad-memory: ");
  ExpectRefused({"--split", "--pad-disk", "many"}, "--pad-disk: ");
  ExpectRefused({"--split", "--when-out", "never"}, "--when-out: ");
}

TEST_F(SplitFlagsTest, ChannelAndOffload) {
  const SplitOptions options =
      Options({"--data-plane", "grpc", "--timeout", "5", "--offload", "linear,attention"});
  EXPECT_EQ(options.data_plane, DataPlane::kGrpc);
  EXPECT_EQ(options.exchange_timeout, std::chrono::seconds(5));
  EXPECT_TRUE(options.plain_attention);
  EXPECT_FALSE(options.plain_embedding);
  ExpectRefused({"--split", "--timeout", "0"}, "--timeout: ");
  ExpectRefused({"--split", "--data-plane", "pigeon"}, "--data-plane: ");
  ExpectRefused({"--split", "--offload", "embedding"}, "must include linear");
  ExpectRefused({"--split", "--offload", "linear,norms"}, "must be linear");
  ExpectRefused({"--split", "--protection", "prayer"}, "--protection: ");
}

}  // namespace
}  // namespace sotto
