#include "model/merkle.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model/sealed_format.h"

namespace sotto {
namespace {

// The leaves and roots of Certificate Transparency's own test of RFC 6962 trees.
TEST(MerkleTest, KnownRoots) {
  const std::vector<std::string> data = {"",
                                         std::string(1, '\0'),
                                         "\x10",
                                         "\x20\x21",
                                         "\x30\x31",
                                         "\x40\x41\x42\x43",
                                         "\x50\x51\x52\x53\x54\x55\x56\x57",
                                         "`abcdefghijklmno"};
  std::vector<Hash256> leaves;
  leaves.reserve(data.size());
  for (const std::string& leaf : data) {
    leaves.push_back(MerkleLeaf({reinterpret_cast<const uint8_t*>(leaf.data()), leaf.size()}));
  }
  const auto root = [&](size_t n) { return HashToHex(MerkleRoot(std::span(leaves).first(n))); };
  EXPECT_EQ(root(1), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  EXPECT_EQ(root(2), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
  EXPECT_EQ(root(3), "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
  EXPECT_EQ(root(8), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}

TEST(HashHexTest, RoundTrip) {
  Hash256 hash;
  for (size_t i = 0; i < hash.size(); ++i) hash[i] = static_cast<uint8_t>(i * 9);
  EXPECT_EQ(*HashFromHex(HashToHex(hash), "x"), hash);
  EXPECT_TRUE(HashFromHex(std::string(64, 'A'), "x").ok());
  for (const std::string& bad : {std::string(), std::string(63, 'a'), std::string(65, 'a'),
                                 std::string(63, 'a') + "g", std::string(32, 'a')}) {
    const absl::Status status = HashFromHex(bad, "--weights-root").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(std::string(status.message()), "--weights-root: must be 64 hex digits");
  }
}

}  // namespace
}  // namespace sotto
