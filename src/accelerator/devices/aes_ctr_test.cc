#include "accelerator/devices/aes_ctr.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "protocol/keystream.h"
#include "protocol/keystream_kernels.h"

namespace sotto {
namespace {

using Words = std::array<uint32_t, 4>;

Words Block(const Seed& seed, uint64_t block) {
  Words words{};
  AesCtrBlock(
      MakeAes256Schedule(seed.data()), [](uint32_t x) { return kAesTable.words[x]; }, block,
      words.data());
  return words;
}

// OpenSSL's, which is what docs/wire_format.md names.
Words Expected(const Seed& seed, uint64_t block) {
  Words words{};
  SeedExpander(seed, kPortableKeystream).Expand(4 * block, words);
  return words;
}

// FIPS 197, appendix C.3, is of a plaintext that no counter below 2^64 equals; the key expansion is
// appendix A.3's.
TEST(AesCtr, ExpandsTheKeyOfTheStandard) {
  constexpr std::array<uint8_t, 32> kKey = {0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71, 0xbe,
                                            0x2b, 0x73, 0xae, 0xf0, 0x85, 0x7d, 0x77, 0x81,
                                            0x1f, 0x35, 0x2c, 0x07, 0x3b, 0x61, 0x08, 0xd7,
                                            0x2d, 0x98, 0x10, 0xa3, 0x09, 0x14, 0xdf, 0xf4};
  const Aes256Schedule schedule = MakeAes256Schedule(kKey.data());
  EXPECT_EQ(schedule.words[0], 0x603deb10u);
  EXPECT_EQ(schedule.words[8], 0x9ba35411u);
  EXPECT_EQ(schedule.words[12], 0xa8b09c1au);
  EXPECT_EQ(schedule.words[59], 0x706c631eu);
}

TEST(AesCtr, EqualsTheCipherForManySeeds) {
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    Seed seed;
    for (uint8_t& byte : seed) byte = static_cast<uint8_t>(random());
    for (const uint64_t block : {uint64_t{0}, uint64_t{1}, uint64_t{random() % 100000}}) {
      ASSERT_EQ(Block(seed, block), Expected(seed, block)) << i << " " << block;
    }
  }
}

// Every carry of the counter's bytes that a stream can come to: it ends at word 2^48.
TEST(AesCtr, CounterCarries) {
  Seed seed;
  seed.fill(0xa5);
  for (int bits = 8; bits <= 40; bits += 8) {
    const uint64_t carry = uint64_t{1} << bits;
    for (const uint64_t block : {carry - 2, carry - 1, carry, carry + 1}) {
      EXPECT_EQ(Block(seed, block), Expected(seed, block)) << block;
    }
  }
  constexpr uint64_t kLast = (uint64_t{1} << 46) - 1;
  EXPECT_EQ(Block(seed, kLast), Expected(seed, kLast));
}

}  // namespace
}  // namespace sotto
