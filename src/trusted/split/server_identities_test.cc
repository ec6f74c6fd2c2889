#include "trusted/split/server_identities.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "protocol/peer_certificate.h"
#include "testing/test_certificate.h"

namespace sotto {
namespace {

using Code = absl::StatusCode;
using testing::HasSubstr;

ServerIdentity Pinned(const std::string& name) {
  ServerIdentity server{.endpoint = name + ":1", .info = {}};
  server.info.instance_id = "process of " + name;
  server.info.peer_key_sha256 = "key of " + name;
  return server;
}

ServerIdentity Vouched(const std::string& name, const std::vector<std::string>& issuer_keys) {
  ServerIdentity server = Pinned(name);
  server.info.vouched = {.key_sha256 = server.info.peer_key_sha256,
                         .issuer_keys_sha256 = issuer_keys};
  return server;
}

void ExpectRefused(const std::vector<ServerIdentity>& servers, const std::string& why) {
  const absl::Status status = CheckSeparateServers(servers);
  EXPECT_EQ(status.code(), Code::kPermissionDenied) << why;
  EXPECT_THAT(std::string(status.message()), HasSubstr(why));
}

TEST(SeparateServersTest, PinnedKeysOrAuthoritiesApartAreFine) {
  EXPECT_TRUE(CheckSeparateServers({Pinned("a"), Pinned("b"), Pinned("c")}).ok());
  EXPECT_TRUE(
      CheckSeparateServers({Vouched("a", {"middle", "root a"}), Vouched("b", {"root b"})}).ok());
  EXPECT_TRUE(CheckSeparateServers({Pinned("a"), Vouched("b", {"root b"})}).ok());
}

TEST(SeparateServersTest, WhoeverCouldStandInForAnotherIsRefused) {
  ExpectRefused({Vouched("a", {"root"}), Vouched("b", {"root"})}, "could impersonate both");
  ExpectRefused({Vouched("a", {"root a", "top"}), Vouched("b", {"root b", "top"})},
                "could impersonate both");
  ExpectRefused({Vouched("a", {"root"}), Vouched("b", {"key of a"})}, "uses a server's key");
  ExpectRefused({Pinned("a"), Vouched("b", {"key of a"})}, "uses a server's key");
  ExpectRefused({Vouched("a", {"key of a"}), Pinned("b")}, "uses a server's key");
  ExpectRefused({Vouched("a", {}), Pinned("b")}, "given as an authority");
  ServerIdentity authority = Vouched("a", {"root"});
  authority.info.vouched->is_authority = true;
  ExpectRefused({authority, Pinned("b")}, "CA:TRUE");
  // The refusal says what to write instead.
  ExpectRefused({authority, Pinned("b")}, "a:1: ");
  ExpectRefused({authority, Pinned("b")}, "SHA-256 key of a: pin the accelerators' keys instead");
}

TEST(SeparateServersTest, OneServerTwiceIsRefused) {
  ServerIdentity again = Pinned("b");
  again.info.peer_key_sha256 = "key of a";
  ExpectRefused({Pinned("a"), again}, "the same server");
  ServerIdentity same_process = Pinned("b");
  same_process.info.instance_id = "process of a";
  ExpectRefused({Pinned("a"), same_process}, "the same server");
  EXPECT_EQ(CheckDifferentServers({Pinned("a"), same_process}).code(), Code::kPermissionDenied);
  ServerIdentity keyless = Pinned("b");
  keyless.info.peer_key_sha256.clear();
  ExpectRefused({Pinned("a"), keyless}, "did not show a key");
  EXPECT_TRUE(CheckDifferentServers({Pinned("a"), keyless}).ok());
}

TEST(SeparateRootsTest, NoKeyMayVouchForTwo) {
  const std::string a = TestCertificate::Make().certificate,
                    b = TestCertificate::Make().certificate,
                    c = TestCertificate::Make().certificate;
  EXPECT_TRUE(CheckSeparateRoots({a + c, b}).ok());
  EXPECT_TRUE(CheckSeparateRoots({a + a, b}).ok());
  EXPECT_EQ(CheckSeparateRoots({a, a}).code(), Code::kFailedPrecondition);
  EXPECT_EQ(CheckSeparateRoots({a + b, b}).code(), Code::kFailedPrecondition);
  EXPECT_EQ(CheckSeparateRoots({a, "not PEM"}).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace sotto
