// Protection shares against an operator who, with the network's help, stands in for the other one:
// at the first connection, and when a lost one is made again.
#include <memory>
#include <string>

#include "base/log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "protocol/peer_certificate.h"
#include "testing/test_certificate.h"
#include "testing/test_data.h"
#include "tests/split/honest_server.h"
#include "trusted/split/split.h"

namespace sotto {
namespace {

using Code = absl::StatusCode;
using testing::HasSubstr;

constexpr char kAuthority[] = "critical,CA:TRUE", kServer[] = "critical,CA:FALSE";

class ImpersonationTest : public testing::Test {
 protected:
  ImpersonationTest() { SetLogLevel(LogLevel::kError); }

  static HonestServer Start(const TestCertificate& own, const std::string& listen = "localhost:0") {
    return HonestServer::Start(ShippedModelDir(), [&](ServerOptions& o) {
      o.listen = listen;
      o.tls = ServerTls{
          .certificate_chain = own.certificate, .private_key = own.key, .client_roots = ""};
      o.service.relay.enabled = false;
    });
  }
  static TestCertificate SignedBy(const TestCertificate& authority) {
    return TestCertificate::Make({.authority = &authority, .basic_constraints = kServer});
  }
  static SplitSetup Shares(const HonestServer& a, const HonestServer& b) {
    SplitSetup options;
    options.protection = Protection::kShares;
    options.endpoints = {a.endpoint(), b.endpoint()};
    options.tls.emplace();
    return options;
  }
  absl::Status Connect(const SplitSetup& options) {
    SOTTO_ASSIGN_OR_RETURN(runtime_, SplitRuntime::Prepare(checkpoint_, options, pool_));
    return runtime_->Connect().status();
  }
  void ExpectRefused(const SplitSetup& options, Code code, const std::string& why) {
    const absl::Status status = Connect(options);
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
  }

  const Checkpoint checkpoint_ = ValueOrDie(Checkpoint::Open(ShippedModelDir()));
  ThreadPool pool_{2};
  std::unique_ptr<SplitRuntime> runtime_;
  const TestCertificate root_a_ = TestCertificate::Make({.basic_constraints = kAuthority});
  const TestCertificate root_b_ = TestCertificate::Make({.basic_constraints = kAuthority});
  const TestCertificate a_ = SignedBy(root_a_), b_ = SignedBy(root_b_);
  // What A's operator makes to pass for B.
  const TestCertificate forged_ = SignedBy(root_a_);
};

TEST_F(ImpersonationTest, AnAuthorityForEachIsAccepted) {
  const HonestServer a = Start(a_), b = Start(b_);
  SplitSetup options = Shares(a, b);
  options.roots = {root_a_.certificate, root_b_.certificate};
  const absl::Status status = Connect(options);
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(ImpersonationTest, TheOthersAuthorityVouchesForNobodyElse) {
  const HonestServer a = Start(a_), impostor = Start(forged_);
  SplitSetup options = Shares(a, impostor);
  options.roots = {root_a_.certificate, root_b_.certificate};
  ExpectRefused(options, Code::kPermissionDenied, impostor.endpoint());
  options.roots = {};
  options.pinned_keys = {ValueOrDie(KeyFingerprint(a_.certificate)),
                         ValueOrDie(KeyFingerprint(b_.certificate))};
  ExpectRefused(options, Code::kPermissionDenied, "not the pinned one");
}

TEST_F(ImpersonationTest, RootsInCommonAreRefusedBeforeAnythingIsDialled) {
  SplitSetup options;
  options.protection = Protection::kShares;
  options.endpoints = {"localhost:1", "localhost:2"};
  options.tls.emplace();
  const std::string both = root_a_.certificate + root_b_.certificate;
  options.roots = {both, both};
  ExpectRefused(options, Code::kFailedPrecondition, "could impersonate both");
  options.roots = {};
  ExpectRefused(options, Code::kFailedPrecondition, "an authority for each");
}

// openssl req -x509 makes CA:TRUE: the key of such a server signs certificates for any other.
TEST_F(ImpersonationTest, AServerThatMaySignOthersIsRefusedUnlessItsKeyIsPinned) {
  const TestCertificate other = TestCertificate::Make({.basic_constraints = kAuthority});
  const HonestServer a = Start(root_a_), b = Start(other);
  SplitSetup options = Shares(a, b);
  options.roots = {root_a_.certificate, other.certificate};
  ExpectRefused(options, Code::kPermissionDenied, "CA:TRUE");
  const std::string key = ValueOrDie(KeyFingerprint(root_a_.certificate));
  ExpectRefused(options, Code::kPermissionDenied,
                "SHA-256 " + key + ": pin the accelerators' keys instead");
  options.roots = {};
  options.pinned_keys = {key, ValueOrDie(KeyFingerprint(other.certificate))};
  const absl::Status status = Connect(options);
  EXPECT_TRUE(status.ok()) << status;
}

// Vouched for by B's own authority, and still not the server whose share it was: whoever moved the
// connection may hold it.
TEST_F(ImpersonationTest, AReconnectionMustShowTheKeyFirstSeen) {
  const HonestServer a = Start(a_);
  auto b = std::make_unique<HonestServer>(Start(b_));
  SplitSetup options = Shares(a, *b);
  options.roots = {root_a_.certificate, root_b_.certificate};
  ASSERT_TRUE(Connect(options).ok());
  const std::string endpoint = b->endpoint();
  b = nullptr;
  b = std::make_unique<HonestServer>(Start(SignedBy(root_b_), endpoint));
  const absl::Status status = runtime_->Connect().status();
  EXPECT_EQ(status.code(), Code::kPermissionDenied) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("not the one that it showed at the first"));
  b = nullptr;
  b = std::make_unique<HonestServer>(Start(b_, endpoint));
  const absl::Status again = runtime_->Connect().status();
  EXPECT_TRUE(again.ok()) << again;
}

}  // namespace
}  // namespace sotto
