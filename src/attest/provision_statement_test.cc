#include "attest/provision_statement.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "absl/strings/escaping.h"

namespace sotto {
namespace {

// RFC 8032, section 7.1, test 1, and its keys as `openssl pkey` writes them.
constexpr char kSeed[] = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
constexpr char kPrivatePem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";
constexpr char kPublicPem[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
    "-----END PUBLIC KEY-----\n";
constexpr std::string_view kOnesExporter = "11111111111111111111111111111111";

TEST(ProvisionStatementTest, IsTheseBytes) {
  EXPECT_EQ(ProvisionStatement(kOnesExporter, "abc"),
            "{\"body_sha256\":"
            "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\","
            "\"exporter\":\"3131313131313131313131313131313131313131313131313131313131313131\","
            "\"purpose\":\"sotto.provision.v1\"}");
}

TEST(ProvisionStatementTest, IsOfOneOwnerOneBodyAndOneConnection) {
  const Ed25519Key owner = *Ed25519Key::FromSeed(absl::HexStringToBytes(kSeed));
  const std::string value = *ProvisionAuthorization(kOnesExporter, "abc", owner);
  EXPECT_TRUE(IsAuthorizedBy(owner.public_key(), value, kOnesExporter, "abc"));
  EXPECT_FALSE(IsAuthorizedBy(owner.public_key(), value, kOnesExporter, "abd"));
  EXPECT_FALSE(IsAuthorizedBy(owner.public_key(), value, std::string(32, '\x02'), "abc"));
  EXPECT_FALSE(IsAuthorizedBy(Ed25519Key::Generate()->public_key(), value, kOnesExporter, "abc"));
  for (const std::string& other :
       {std::string(), std::string("Bearer ") + value, value.substr(0, value.size() - 1),
        value + "0", std::string("Sotto-Ed25519 ")}) {
    EXPECT_FALSE(IsAuthorizedBy(owner.public_key(), other, kOnesExporter, "abc")) << other;
  }
  std::string altered = value;
  altered.back() = altered.back() == '0' ? '1' : '0';
  EXPECT_FALSE(IsAuthorizedBy(owner.public_key(), altered, kOnesExporter, "abc"));
}

TEST(ProvisionStatementTest, KeysAreReadFromPem) {
  const auto owner = Ed25519Key::FromPem(kPrivatePem);
  ASSERT_TRUE(owner.ok()) << owner.status();
  EXPECT_EQ(owner->public_key(), Ed25519Key::FromSeed(absl::HexStringToBytes(kSeed))->public_key());
  EXPECT_EQ(*Ed25519PublicKeyFromPem(kPublicPem), owner->public_key());
  EXPECT_FALSE(Ed25519Key::FromPem(kPublicPem).ok());
  EXPECT_FALSE(Ed25519PublicKeyFromPem(kPrivatePem).ok());
  // A key of another kind: of P-256.
  EXPECT_FALSE(
      Ed25519PublicKeyFromPem("-----BEGIN PUBLIC KEY-----\n"
                              "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEWcrQap5o8ieY9QYDdSEAlyKi2NfT\n"
                              "TWscugPULFl4Gipb21oXpdM8v0yJBX1D/4Ff8vWWAULgXgExY3/yCtbLDA==\n"
                              "-----END PUBLIC KEY-----\n")
          .ok());
  EXPECT_FALSE(Ed25519PublicKeyFromPem("").ok());
}

}  // namespace
}  // namespace sotto
