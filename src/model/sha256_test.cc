#include "model/sha256.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace sotto {
namespace {

// FIPS 180-4's examples (csrc.nist.gov), and the hash of nothing.
TEST(Sha256Test, KnownAnswers) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256Test, PiecesAreTheirWhole) {
  const std::string text((size_t{1} << 20) + 3, 'x');
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  for (const size_t cut : {size_t{0}, size_t{1}, size_t{64}, size_t{70001}, text.size()}) {
    Sha256 hash;
    hash.Update(bytes.first(cut));
    hash.Update(bytes.subspan(cut));
    EXPECT_EQ(hash.FinishHex(), Sha256Hex(text));
  }
}

}  // namespace
}  // namespace sotto
