#include "trusted/split/drbg.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

#include "protocol/keystream.h"

namespace sotto {
namespace {

using Key = std::array<uint8_t, Drbg::kKeyBytes>;

Key KeyFrom(uint8_t first) {
  Key key;
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(first + i);
  return key;
}

std::vector<uint8_t> Take(Drbg& drbg, size_t count) {
  std::vector<uint8_t> out(count, 0xee);
  drbg.Generate(out);
  return out;
}

std::string AsString(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

// The keystream of a key, by the other expander of AES-256-CTR in this project.
std::vector<uint8_t> Keystream(const Key& key, size_t count) {
  std::vector<uint32_t> words(count / 4 + 1);
  Seed seed;
  std::copy(key.begin(), key.end(), seed.begin());
  SeedExpander(seed).Expand(0, words);
  const auto* bytes = reinterpret_cast<const uint8_t*>(words.data());
  return {bytes, bytes + count};
}

TEST(Drbg, FirstBytesOfTheKeystreamBecomeTheNextKey) {
  Drbg drbg(KeyFrom(9));
  const std::vector<uint8_t> stream = Keystream(KeyFrom(9), 32 + 100);
  EXPECT_EQ(Take(drbg, 100), std::vector<uint8_t>(stream.begin() + 32, stream.end()));
  Key next;
  std::copy_n(stream.begin(), next.size(), next.begin());
  const std::vector<uint8_t> second = Keystream(next, 32 + 5);
  EXPECT_EQ(Take(drbg, 5), std::vector<uint8_t>(second.begin() + 32, second.end()));
}

TEST(Drbg, SameKeySameOutputOtherKeyOtherOutput) {
  Drbg a(KeyFrom(1)), b(KeyFrom(1)), c(KeyFrom(2));
  const auto from_a = Take(a, 64);
  EXPECT_EQ(from_a, Take(b, 64));
  EXPECT_NE(from_a, Take(c, 64));
}

TEST(Drbg, ForkedGeneratorsShareNothing) {
  Drbg root(KeyFrom(1));
  Drbg a = root.Fork(), b = root.Fork();
  std::set<std::string> seen;
  for (Drbg* drbg : {&root, &a, &b}) {
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(seen.insert(AsString(Take(*drbg, 32))).second);
  }
}

TEST(Drbg, ProcessGeneratorDoesNotRepeat) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(seen.insert(AsString(Take(ProcessDrbg(), 32))).second);
}

// A child of fork() would hand out its parent's masks a second time.
TEST(DrbgDeathTest, ForkedProcessMayNotUseIt) {
  Drbg drbg(KeyFrom(1));
  EXPECT_DEATH(Take(drbg, 1), "owner_");  // The death test itself runs the statement in a child.
}

}  // namespace
}  // namespace sotto
