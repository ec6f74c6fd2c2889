#include "protocol/plane_cipher.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <vector>

namespace sotto {
namespace {

using Bytes = std::vector<uint8_t>;

Seed KeyOf(uint8_t first) {
  Seed key;
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(first + 7 * i);
  return key;
}

Bytes Pattern(size_t size) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * 31 + i / 256);
  return bytes;
}

// By OpenSSL alone, from the start of the stream.
Bytes Aes256Ctr(const Seed& key, const Bytes& plain) {
  EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
  const std::array<uint8_t, 16> counter{};
  Bytes out(plain.size());
  int written = 0;
  EXPECT_EQ(EVP_EncryptInit_ex(context, EVP_aes_256_ctr(), nullptr, key.data(), counter.data()), 1);
  EXPECT_EQ(EVP_EncryptUpdate(context, out.data(), &written, plain.data(),
                              static_cast<int>(plain.size())),
            1);
  EVP_CIPHER_CTX_free(context);
  return out;
}

// Whatever the pieces: the stream belongs to a place in the run of bytes.
TEST(PayloadCipherTest, IsAes256CtrAtThePlaceOfEachByte) {
  const Seed key = KeyOf(3);
  const Bytes plain = Pattern(40'000), want = Aes256Ctr(PayloadEpochKey(key, 0), plain);
  for (const size_t piece : {8u, 24u, 64u, 4096u, 10'000u, 39'992u}) {
    PayloadCipher cipher(key);
    Bytes got(plain.size());
    for (size_t at = 0; at < plain.size(); at += piece) {
      const size_t size = std::min(piece, plain.size() - at);
      cipher.Apply(at, plain.data() + at, got.data() + at, size);
    }
    EXPECT_EQ(got, want) << piece;
  }
}

TEST(PayloadCipherTest, EndsAtAnyByteAndTouchesNoneBehind) {
  const Seed key = KeyOf(3);
  const Bytes plain = Pattern(100), want = Aes256Ctr(PayloadEpochKey(key, 0), plain);
  for (size_t size = 0; size <= plain.size(); ++size) {
    Bytes got(plain.size(), 0xee);
    PayloadCipher(key).Apply(0, plain.data(), got.data(), size);
    EXPECT_TRUE(std::equal(got.begin(), got.begin() + size, want.begin())) << size;
    EXPECT_TRUE(std::all_of(got.begin() + size, got.end(), [](uint8_t b) { return b == 0xee; }));
  }
}

TEST(PayloadCipherTest, DecryptsInPlaceAndBackwards) {
  const Seed key = KeyOf(9);
  const Bytes plain = Pattern(5000);
  Bytes bytes = plain;
  PayloadCipher encrypts(key), decrypts(key);
  encrypts.Apply(640, bytes.data(), bytes.data(), bytes.size());
  EXPECT_NE(bytes, plain);
  for (size_t at = 4992;; at -= 8) {
    decrypts.Apply(640 + at, bytes.data() + at, bytes.data() + at, 8);
    if (at == 0) break;
  }
  EXPECT_EQ(bytes, plain);
}

// RFC 2104 by hand: what HMAC is, and that the number counts.
TEST(PayloadCipherTest, EpochsHaveKeysOfTheirOwn) {
  const Seed key = KeyOf(3);
  std::set<Bytes> keys = {Bytes(key.begin(), key.end())};
  for (const uint64_t epoch : {uint64_t{0}, uint64_t{1}, uint64_t{256}, ~uint64_t{0}}) {
    const Seed derived = PayloadEpochKey(key, epoch);
    keys.insert(Bytes(derived.begin(), derived.end()));
    const auto hash = [](const Bytes& bytes) {
      Bytes digest(32);
      EXPECT_EQ(
          EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr), 1);
      return digest;
    };
    const auto padded = [&](uint8_t pad) {
      Bytes bytes(64, pad);
      for (size_t i = 0; i < key.size(); ++i) bytes[i] ^= key[i];
      return bytes;
    };
    Bytes inner = padded(0x36), outer = padded(0x5c);
    for (int i = 0; i < 8; ++i) inner.push_back(static_cast<uint8_t>(epoch >> (8 * i)));
    const Bytes digest = hash(inner);
    outer.insert(outer.end(), digest.begin(), digest.end());
    EXPECT_EQ(hash(outer), Bytes(derived.begin(), derived.end())) << epoch;
  }
  EXPECT_EQ(keys.size(), 5u);
}

TEST(PayloadCipherTest, GoesOnFromOneEpochToTheNextAndBack) {
  const Seed key = KeyOf(5);
  const Bytes plain(256);
  Bytes across(plain.size());
  PayloadCipher cipher(key);
  cipher.Apply(3 * kPayloadEpochBytes - 128, plain.data(), across.data(), plain.size());
  const Bytes next = Aes256Ctr(PayloadEpochKey(key, 3), Bytes(128));
  EXPECT_TRUE(std::equal(next.begin(), next.end(), across.begin() + 128));
  std::vector<uint32_t> end(32);
  ExpandSeed(PayloadEpochKey(key, 2), (kPayloadEpochBytes - 128) / 4, end);
  EXPECT_EQ(std::memcmp(end.data(), across.data(), 128), 0);
  cipher.Apply(3 * kPayloadEpochBytes - 128, across.data(), across.data(), across.size());
  EXPECT_EQ(across, plain);
}

class RecordTest : public testing::Test {
 protected:
  Bytes Seal(const Bytes& record) {
    Bytes sealed(record.size() + kRecordTagBytes);
    sealer_.Seal(record, sealed);
    return sealed;
  }
  absl::Status Open(const Bytes& sealed) {
    opened_.assign(sealed.size() - kRecordTagBytes, 0xee);
    return opener_.Open(sealed, opened_);
  }

  const Seed key_ = KeyOf(1);
  RecordSealer sealer_{key_};
  RecordOpener opener_{key_};
  Bytes opened_;
};

TEST_F(RecordTest, OpensWhatWasSealedInItsOrder) {
  for (const size_t size : {192u, 64u, 192u, 1u}) {
    const Bytes record = Pattern(size);
    ASSERT_TRUE(Open(Seal(record)).ok());
    EXPECT_EQ(opened_, record);
  }
}

TEST_F(RecordTest, TheSameRecordLooksDifferentEachTime) {
  std::set<Bytes> seen;
  for (int i = 0; i < 300; ++i) seen.insert(Seal(Pattern(64)));
  EXPECT_EQ(seen.size(), 300u);
}

TEST_F(RecordTest, AnyBitThatWasChangedIsSeen) {
  const Bytes sealed = Seal(Pattern(64));
  for (size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    Bytes changed = sealed;
    changed[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
    RecordOpener opener(key_);
    Bytes out(64, 0xee);
    EXPECT_EQ(opener.Open(changed, out).code(), absl::StatusCode::kAborted) << bit;
    EXPECT_EQ(out, Bytes(64)) << bit;  // Nothing of it.
  }
}

TEST_F(RecordTest, RepeatedExchangedAndLeftOutRecordsAreSeen) {
  const Bytes first = Seal(Pattern(64)), second = Seal(Pattern(64)), third = Seal(Pattern(64));
  EXPECT_EQ(RecordOpener(key_).Open(second, opened_ = Bytes(64)).code(),
            absl::StatusCode::kAborted);
  ASSERT_TRUE(Open(first).ok());
  RecordOpener repeated(key_), left_out(key_);
  ASSERT_TRUE(repeated.Open(first, opened_).ok());
  EXPECT_EQ(repeated.Open(first, opened_).code(), absl::StatusCode::kAborted);
  ASSERT_TRUE(left_out.Open(first, opened_).ok());
  EXPECT_EQ(left_out.Open(third, opened_).code(), absl::StatusCode::kAborted);
}

TEST_F(RecordTest, AnotherKeyOpensNothing) {
  Bytes out(64);
  EXPECT_EQ(RecordOpener(KeyOf(2)).Open(Seal(Pattern(64)), out).code(), absl::StatusCode::kAborted);
}

TEST(PlaneKeysTest, TravelInTheirOrder) {
  const PlaneKeys keys = DrawPlaneKeys();
  const std::string bytes = EncodePlaneKeys(keys);
  ASSERT_EQ(bytes.size(), kPlaneKeysBytes);
  const absl::StatusOr<PlaneKeys> back = DecodePlaneKeys(bytes);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->request_records, keys.request_records);
  EXPECT_EQ(back->request_payloads, keys.request_payloads);
  EXPECT_EQ(back->answer_records, keys.answer_records);
  EXPECT_EQ(back->answer_payloads, keys.answer_payloads);
  EXPECT_FALSE(DecodePlaneKeys(bytes.substr(1)).ok());
  EXPECT_FALSE(DecodePlaneKeys(bytes + "x").ok());
}

// A key that came twice, in one session or in two, would be a pad used twice.
TEST(PlaneKeysTest, NoTwoAreAlike) {
  std::set<Bytes> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string bytes = EncodePlaneKeys(DrawPlaneKeys());
    for (size_t at = 0; at < bytes.size(); at += kSeedBytes) {
      seen.insert(Bytes(bytes.begin() + at, bytes.begin() + at + kSeedBytes));
    }
  }
  EXPECT_EQ(seen.size(), 4000u);
}

}  // namespace
}  // namespace sotto
