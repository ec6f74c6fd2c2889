#include "protocol/keystream.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <vector>

#include "gtest/gtest.h"
#include "protocol/keystream_kernels.h"

namespace sotto {
namespace {

Seed TestSeed() {
  Seed seed;
  for (size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<uint8_t>(i);
  return seed;
}

// The definition, literally: each block on its own through the raw block cipher.
std::vector<uint32_t> Reference(const Seed& seed, uint64_t first_word, size_t count) {
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  EVP_EncryptInit_ex(context, EVP_aes_256_ecb(), nullptr, seed.data(), nullptr);
  EVP_CIPHER_CTX_set_padding(context, 0);
  std::vector<uint32_t> words(count);
  for (size_t i = 0; i < count; ++i) {
    const uint64_t word = first_word + i;
    std::array<uint8_t, 16> in{}, out{};
    for (int b = 0; b < 8; ++b) in[15 - b] = static_cast<uint8_t>(word / 4 >> (8 * b));
    int written = 0;
    EVP_EncryptUpdate(context, out.data(), &written, in.data(), 16);
    const uint8_t* p = out.data() + 4 * (word % 4);
    words[i] = p[0] | uint32_t{p[1]} << 8 | uint32_t{p[2]} << 16 | uint32_t{p[3]} << 24;
  }
  EVP_CIPHER_CTX_free(context);
  return words;
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

TEST(SeedExpanderTest, FollowsTheDefinitionAtEveryOffsetAndLength) {
  const Seed seed = TestSeed();
  SeedExpander expander(seed);
  for (uint64_t first : {0u, 1u, 2u, 3u, 4u, 5u, 1023u, 4096u}) {
    for (size_t count : {0u, 1u, 3u, 4u, 5u, 17u, 4097u}) {
      std::vector<uint32_t> words(count);
      expander.Expand(first, words);
      EXPECT_EQ(words, Reference(seed, first, count)) << first << " " << count;
    }
  }
}

TEST(SeedExpanderTest, EveryInstructionSetMakesTheSameStream) {
  const Seed seed = TestSeed();
  for (const KeystreamKernels* kernels : KeystreamTable().runnable()) {
    SeedExpander expander(seed, *kernels), portable(seed, kPortableKeystream);
    for (uint64_t first : {0u, 1u, 2u, 3u, 4u, 63u, 126u, 127u, 128u, 1000u}) {
      for (size_t count = 0; count < 600; count += 7) {
        std::vector<uint32_t> a(count), b(count);
        expander.Expand(first, a);
        portable.Expand(first, b);
        EXPECT_EQ(a, b) << IsaName(kernels->isa) << " " << first << " " << count;
      }
    }
  }
}

// In place and not, from words that no block begins with.
TEST(SeedExpanderTest, XorsWithTheStreamByEveryInstructionSet) {
  const Seed seed = TestSeed();
  for (const KeystreamKernels* kernels : KeystreamTable().runnable()) {
    SeedExpander expander(seed, *kernels);
    for (uint64_t first : {0u, 3u, 126u, 128u}) {
      for (size_t count = 0; count < 600; count += 37) {
        const std::vector<uint32_t> stream = Reference(seed, first, count);
        std::vector<uint32_t> words(count), out(count);
        for (size_t i = 0; i < count; ++i) words[i] = static_cast<uint32_t>(i * 2654435761u);
        auto* const in = reinterpret_cast<uint8_t*>(words.data());
        expander.Xor(first, in, {reinterpret_cast<uint8_t*>(out.data()), 4 * count});
        expander.Xor(first, in, {in, 4 * count});
        EXPECT_EQ(out, words);
        for (size_t i = 0; i < count; ++i) out[i] ^= stream[i];
        for (size_t i = 0; i < count; ++i) words[i] = static_cast<uint32_t>(i * 2654435761u);
        EXPECT_EQ(out, words) << IsaName(kernels->isa) << " " << first << " " << count;
      }
    }
  }
}

TEST(SeedExpanderTest, CounterCarriesBeyond32Bits) {
  const Seed seed = TestSeed();
  SeedExpander expander(seed);
  const uint64_t first = (uint64_t{1} << 34) - 6;  // Blocks either side of 2^32.
  std::vector<uint32_t> words(13);
  expander.Expand(first, words);
  EXPECT_EQ(words, Reference(seed, first, words.size()));
}

TEST(SeedExpanderTest, PartsMakeTheWhole) {
  const Seed seed = TestSeed();
  SeedExpander whole(seed), parts(seed);
  std::vector<uint32_t> all(1000), pieces(1000);
  whole.Expand(0, all);
  parts.Expand(600, std::span(pieces).subspan(600));
  parts.Expand(0, std::span(pieces).first(333));
  parts.Expand(333, std::span(pieces).subspan(333, 267));
  EXPECT_EQ(all, pieces);
}

}  // namespace
}  // namespace sotto
