#include "accelerator/flags.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/temp_dir.h"
#include "testing/test_certificate.h"

namespace sotto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Arguments = std::vector<const char*>;

absl::StatusOr<std::optional<AcceleratorFlags>> Parse(Arguments arguments,
                                                      std::string* information) {
  arguments.insert(arguments.begin(), "sotto-accelerator");
  return ParseAcceleratorFlags(static_cast<int>(arguments.size()), arguments.data(), information);
}

AcceleratorFlags Flags(Arguments arguments) {
  arguments.insert(arguments.end(), {"--model", "m"});
  std::string information;
  const auto flags = Parse(std::move(arguments), &information);
  EXPECT_TRUE(flags.ok()) << flags.status();
  return flags.ok() ? **flags : AcceleratorFlags();
}

void ExpectRefused(const Arguments& arguments, const std::string& what) {
  std::string information;
  const absl::Status status = Parse(arguments, &information).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(what));
}

TEST(AcceleratorFlagsTest, Defaults) {
  const AcceleratorFlags flags = Flags({});
  EXPECT_EQ(flags.model_dir, "m");
  EXPECT_THAT(flags.devices, ElementsAre("cpu"));
  EXPECT_THAT(flags.server.service.formats,
              ElementsAre(DeviceFormat::kF32, DeviceFormat::kBf16, DeviceFormat::kRing));
  EXPECT_EQ(flags.device_options.precision, FloatPrecision::kFastest);
  EXPECT_EQ(flags.drain_timeout, std::chrono::seconds(30));
  EXPECT_TRUE(flags.preload);
  EXPECT_TRUE(flags.server.service.relay.enabled);
  EXPECT_FALSE(flags.server.reflection);
  EXPECT_FALSE(flags.server.tls.has_value());
  EXPECT_FALSE(flags.server.metrics.has_value());
}

TEST(AcceleratorFlagsTest, WhatIsSaidIsDone) {
  const AcceleratorFlags flags = Flags(
      {"--device", "opencl:0", "--device", "cpu", "--formats", "ring", "--precision", "f32",
       "--no-preload", "--no-relay", "--metrics", "h:1", "--drain-seconds", "0", "--threads", "3"});
  EXPECT_THAT(flags.devices, ElementsAre("opencl:0", "cpu"));
  EXPECT_THAT(flags.server.service.formats, ElementsAre(DeviceFormat::kRing));
  EXPECT_EQ(flags.device_options.precision, FloatPrecision::kF32);
  EXPECT_EQ(flags.device_options.threads, 3);
  EXPECT_FALSE(flags.preload);
  EXPECT_FALSE(flags.server.service.relay.enabled);
  EXPECT_EQ(flags.server.metrics, "h:1");
  EXPECT_EQ(flags.drain_timeout, std::chrono::seconds(0));
}

TEST(AcceleratorFlagsTest, WhatStrangersMayDo) {
  const AcceleratorFlags flags = Flags({"--max-connections", "9", "--reflection"});
  EXPECT_EQ(flags.server.max_connections, 9u);
  EXPECT_TRUE(flags.server.reflection);
}

TEST(AcceleratorFlagsTest, RelayTargets) {
  const AcceleratorFlags flags = Flags({"--relay-to", "b:2", "--relay-to", "[::1]:3"});
  EXPECT_THAT(flags.server.service.relay.policy.targets, ElementsAre("b:2", "[::1]:3"));
  ExpectRefused({"--model", "m", "--relay-to", "unix:/s"},
                "--relay-to \"unix:/s\" is not HOST:PORT");
}

TEST(AcceleratorFlagsTest, SilentSessions) {
  EXPECT_EQ(Flags({"--session-idle-seconds", "7"}).server.service.idle_timeout,
            std::chrono::seconds(7));
}

// A relay's source shows the server's own certificate to its sink.
TEST(AcceleratorFlagsTest, TlsFilesServeTheRelayToo) {
  const TempDir dir;
  const TestCertificate own = TestCertificate::Make(), client = TestCertificate::Make();
  const std::string cert = dir.Write("c", own.certificate), key = dir.Write("k", own.key),
                    ca = dir.Write("a", client.certificate);
  const AcceleratorFlags flags =
      Flags({"--tls-cert", cert.c_str(), "--tls-key", key.c_str(), "--client-ca", ca.c_str()});
  ASSERT_TRUE(flags.server.tls.has_value());
  EXPECT_EQ(flags.server.tls->certificate_chain, own.certificate);
  EXPECT_EQ(flags.server.tls->private_key, own.key);
  EXPECT_EQ(flags.server.tls->client_roots, client.certificate);
  EXPECT_EQ(flags.server.service.relay.identity.certificate_chain, own.certificate);
  EXPECT_EQ(flags.server.service.relay.identity.private_key, own.key);
}

TEST(AcceleratorFlagsTest, HelpShowsWhatIsToBeGivenAndDefaults) {
  std::string help;
  ASSERT_TRUE(Parse({"--help"}, &help).ok());
  EXPECT_THAT(help, HasSubstr("--model DIR "));
  EXPECT_THAT(help, HasSubstr(" [LLAMA_MODEL_PATH]\n"));
  EXPECT_THAT(help, HasSubstr(" (localhost:50051)\n"));
  for (const char* raw : {"TEXT", "INT:", "REQUIRED", "(Env", "{", "\n\n\n"}) {
    EXPECT_THAT(help, testing::Not(HasSubstr(raw)));
  }
}

TEST(AcceleratorFlagsTest, WhatCannotBeIsRefusedByName) {
  ExpectRefused({}, "--model");
  ExpectRefused({"--model", "m", "--nonsense=1"},
                "unknown flag \"--nonsense\" (see sotto-accelerator --help)");
  ExpectRefused({"--modle", "m"}, "unknown flag \"--modle\"; did you mean --model?");
  ExpectRefused({"--model"}, "--model: needs a value, DIR");
  ExpectRefused({"--model", "m", "stray"}, "unexpected argument \"stray\"");
  ExpectRefused({"--model", "m", "--log-level", "loud"}, "--log-level: ");
  ExpectRefused({"--model", "m", "--listen", "here"}, "--listen: ");
  ExpectRefused({"--model", "m", "--metrics", "there"}, "--metrics: ");
  ExpectRefused({"--model", "m", "--formats", "octal"}, "--formats");
  ExpectRefused({"--model", "m", "--threads", "-1"}, "--threads");
  ExpectRefused({"--model", "m", "--max-sessions", "0"}, "--max-sessions");
  ExpectRefused({"--model", "m", "--max-inflight-bytes", "1000"},
                "--max-inflight-bytes: must be at least");
  ExpectRefused({"--model", "m", "--tls-cert", "c"},
                "--tls-cert and --tls-key: must be given together");
  ExpectRefused({"--model", "m", "--client-ca", "c"}, "--client-ca: requires");
  ExpectRefused({"--model", "m", "--max-connections", "0"}, "--max-connections");
}

TEST(AcceleratorFlagsTest, AMissingTlsFileIsNamed) {
  std::string information;
  const auto flags =
      Parse({"--model", "m", "--tls-cert", "/no/c.pem", "--tls-key", "/no/k"}, &information);
  EXPECT_EQ(flags.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(flags.status().message()), HasSubstr("/no/c.pem"));
}

TEST(AcceleratorFlagsTest, HelpAndVersionLeaveNothingToRun) {
  for (const auto& [flag, text] : {std::pair{"--help", "--max-inflight-bytes"},
                                   std::pair{"--version", "sotto-accelerator "}}) {
    std::string information;
    const auto flags = Parse({flag}, &information);
    ASSERT_TRUE(flags.ok()) << flags.status();
    EXPECT_FALSE(flags->has_value());
    EXPECT_THAT(information, HasSubstr(text));
  }
}

}  // namespace
}  // namespace sotto
