#include "wire/keystream.h"

#include <algorithm>
#include <vector>

#include "gtest/gtest.h"

namespace sotto {
namespace {

Seed TestSeed() {
  Seed seed;
  for (size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<uint8_t>(i);
  return seed;
}

// AES-256 of the counter blocks 0 and 1 under key 00 01 .. 1f, from
// `openssl enc -aes-256-ctr -K 000102..1f -iv 0 -in /dev/zero`.
TEST(KeystreamTest, MatchesTheCipherToTheByte) {
  std::vector<uint32_t> words(8);
  ExpandSeed(TestSeed(), 0, words);
  EXPECT_EQ(words, (std::vector<uint32_t>{0xb60090f2u, 0xd09f492au, 0x6a9af3a9u, 0x80772eddu,
                                          0xae765df0u, 0xe59fb94au, 0x319bf6a6u, 0x3d36c248u}));
}

TEST(KeystreamTest, EveryPartEqualsTheWhole) {
  std::vector<uint32_t> whole(20011);  // Longer than one piece of the cipher, and odd.
  ExpandSeed(TestSeed(), 0, whole);
  for (const size_t first : {0, 1, 2, 3, 4, 7, 8191, 8192, 8193, 20010}) {
    for (const size_t count : {size_t{0}, size_t{1}, size_t{5}, whole.size() - first}) {
      const size_t n = std::min(count, whole.size() - first);
      std::vector<uint32_t> part(n, 0xdeadbeef);
      ExpandSeed(TestSeed(), first, part);
      EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + first))
          << first << " + " << n;
    }
  }
}

TEST(KeystreamTest, AnotherSeedIsAnotherStream) {
  Seed other = TestSeed();
  other[31] ^= 1;
  std::vector<uint32_t> a(64), b(64);
  ExpandSeed(TestSeed(), 0, a);
  ExpandSeed(other, 0, b);
  EXPECT_NE(a, b);
}

}  // namespace
}  // namespace sotto
