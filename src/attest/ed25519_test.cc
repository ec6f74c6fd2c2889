#include "attest/ed25519.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "base/strings.h"

namespace sotto {
namespace {

// Every encoding of every point whose order divides 8.
std::vector<std::string> LowOrderKeys() {
  std::vector<std::string> keys;
  for (const char* const y : {"0000000000000000000000000000000000000000000000000000000000000000",
                              "0100000000000000000000000000000000000000000000000000000000000000",
                              "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                              "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                              "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                              "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                              "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    for (const int sign : {0, 0x80}) {
      keys.push_back(absl::HexStringToBytes(y));
      keys.back().back() = static_cast<char>(keys.back().back() | sign);
    }
  }
  return keys;
}

std::string PemOf(const std::string& public_key) {
  const std::string der = absl::HexStringToBytes("302a300506032b6570032100") + public_key;
  return StrCat("-----BEGIN PUBLIC KEY-----\n", absl::Base64Escape(der),
                "\n-----END PUBLIC KEY-----\n");
}

// R is the neutral point and S is 0: that verifies wherever the hash is a multiple of the order.
TEST(Ed25519Test, UnderAPointOfLowOrderNothingVerifies) {
  const std::string signature = '\x01' + std::string(63, '\0');
  for (const std::string& key : LowOrderKeys()) {
    for (int i = 0; i < 256; ++i) {
      EXPECT_FALSE(Ed25519Verifies(key, StrCat("message ", i), signature))
          << absl::BytesToHexString(key) << " " << i;
    }
    EXPECT_FALSE(Ed25519PublicKeyFromPem(PemOf(key)).ok()) << absl::BytesToHexString(key);
  }
}

TEST(Ed25519Test, OtherKeysVerifyTheirOwn) {
  for (int i = 0; i < 16; ++i) {
    const Ed25519Key key = Ed25519Key::Generate().value();
    const std::string signature = key.Sign("message").value();
    EXPECT_TRUE(Ed25519Verifies(key.public_key(), "message", signature));
    EXPECT_FALSE(Ed25519Verifies(key.public_key(), "another", signature));
    EXPECT_EQ(Ed25519PublicKeyFromPem(PemOf(key.public_key())).value(), key.public_key());
  }
}

}  // namespace
}  // namespace sotto
