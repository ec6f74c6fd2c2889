#include "wire/keystream.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <bit>

#include "base/check.h"

namespace sotto {
namespace {

static_assert(std::endian::native == std::endian::little, "stream words are little-endian");

constexpr uint64_t kWordsPerBlock = 4;
constexpr uint64_t kMaxWords = uint64_t{1} << 48;
constexpr uint64_t kUnset = ~uint64_t{0};

// The keystream is the encryption of zeros; pieces of this size stay in the first-level cache.
constexpr size_t kPieceBytes = 16384;
constexpr std::array<uint8_t, kPieceBytes> kZeros{};

// Fetched once: an implicit fetch in every initialisation takes a lock.
const EVP_CIPHER* Aes256Ctr() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-CTR", nullptr);
  SOTTO_CHECK(cipher != nullptr);
  return cipher;
}

}  // namespace

struct SeedExpander::Cipher {
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  uint64_t next_word = kUnset;  // Where the keystream stands.

  // Cleanses the key schedule.
  ~Cipher() { EVP_CIPHER_CTX_free(context); }

  void Keystream(uint8_t* out, size_t size_bytes) {
    while (size_bytes > 0) {
      const int piece = static_cast<int>(std::min(size_bytes, kPieceBytes));
      int written = 0;
      SOTTO_CHECK(EVP_EncryptUpdate(context, out, &written, kZeros.data(), piece) == 1);
      SOTTO_CHECK(written == piece);
      out += piece;
      size_bytes -= static_cast<size_t>(piece);
    }
  }

  void Seek(uint64_t word) {
    std::array<uint8_t, 16> counter{};
    const uint64_t block = word / kWordsPerBlock;
    for (int i = 0; i < 8; ++i) counter[15 - i] = static_cast<uint8_t>(block >> (8 * i));
    SOTTO_CHECK(EVP_EncryptInit_ex2(context, nullptr, nullptr, counter.data(), nullptr) == 1);
    std::array<uint8_t, 16> skipped{};
    Keystream(skipped.data(), 4 * static_cast<size_t>(word % kWordsPerBlock));
  }
};

SeedExpander::SeedExpander(const Seed& seed) : cipher_(std::make_unique<Cipher>()) {
  const std::array<uint8_t, 16> zero_counter{};
  SOTTO_CHECK(cipher_->context != nullptr);
  SOTTO_CHECK(EVP_EncryptInit_ex2(cipher_->context, Aes256Ctr(), seed.data(), zero_counter.data(),
                                  nullptr) == 1);
  cipher_->next_word = 0;
}

SeedExpander::~SeedExpander() = default;
SeedExpander::SeedExpander(SeedExpander&&) noexcept = default;
SeedExpander& SeedExpander::operator=(SeedExpander&&) noexcept = default;

void SeedExpander::Expand(uint64_t first_word, std::span<uint32_t> out) {
  SOTTO_CHECK(first_word <= kMaxWords && out.size() <= kMaxWords - first_word);
  if (first_word != cipher_->next_word) cipher_->Seek(first_word);
  cipher_->Keystream(reinterpret_cast<uint8_t*>(out.data()), out.size_bytes());
  cipher_->next_word = first_word + out.size();
}

void ExpandSeed(const Seed& seed, uint64_t first_word, std::span<uint32_t> out) {
  SeedExpander(seed).Expand(first_word, out);
}

}  // namespace sotto
