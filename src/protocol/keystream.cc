#include "protocol/keystream.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include "base/check.h"
#include "protocol/keystream_vaes.h"

namespace sotto {
namespace {

static_assert(std::endian::native == std::endian::little, "stream words are little-endian");

constexpr uint64_t kWordsPerBlock = 4;
constexpr uint64_t kMaxWords = uint64_t{1} << 48;

// The keystream is the encryption of zeros; pieces of this size stay in the first-level cache.
constexpr size_t kPieceBytes = 16384;
constexpr std::array<uint8_t, kPieceBytes> kZeros{};

// Fetched once: an implicit fetch in every initialisation takes a lock.
const EVP_CIPHER* Aes256Ctr() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-CTR", nullptr);
  SOTTO_CHECK(cipher != nullptr);
  return cipher;
}

// OpenSSL's cipher, for processors without the wide instructions.
struct PortableKeystream {
  explicit PortableKeystream(const Seed& seed) : context(EVP_CIPHER_CTX_new()) {
    const std::array<uint8_t, 16> zero_counter{};
    SOTTO_CHECK(context != nullptr);
    SOTTO_CHECK(
        EVP_EncryptInit_ex2(context, Aes256Ctr(), seed.data(), zero_counter.data(), nullptr) == 1);
  }
  // Cleanses the key schedule.
  ~PortableKeystream() { EVP_CIPHER_CTX_free(context); }
  PortableKeystream(const PortableKeystream&) = delete;
  PortableKeystream& operator=(const PortableKeystream&) = delete;

  void Expand(uint64_t first_word, std::span<uint32_t> out) {
    if (first_word != next_word) Seek(first_word);
    Keystream(reinterpret_cast<uint8_t*>(out.data()), out.size_bytes());
    next_word = first_word + out.size();
  }

  void Seek(uint64_t word) {
    std::array<uint8_t, 16> counter{};
    const uint64_t block = word / kWordsPerBlock;
    for (int i = 0; i < 8; ++i) counter[15 - i] = static_cast<uint8_t>(block >> (8 * i));
    SOTTO_CHECK(EVP_EncryptInit_ex2(context, nullptr, nullptr, counter.data(), nullptr) == 1);
    std::array<uint8_t, 16> skipped{};
    Keystream(skipped.data(), 4 * static_cast<size_t>(word % kWordsPerBlock));
  }

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

  EVP_CIPHER_CTX* const context;
  uint64_t next_word = 0;  // Where the keystream stands.
};

}  // namespace

struct SeedExpander::Cipher {
  Cipher(const Seed& seed, KeystreamVersion version) {
    const bool wide = version == KeystreamVersion::kFastest && CpuHasVaes();
    wide ? void(vaes.emplace(seed)) : void(portable.emplace(seed));
  }

  std::optional<VaesKeystream> vaes;
  std::optional<PortableKeystream> portable;
};

SeedExpander::SeedExpander(const Seed& seed, KeystreamVersion version)
    : cipher_(std::make_unique<Cipher>(seed, version)) {}

SeedExpander::~SeedExpander() = default;
SeedExpander::SeedExpander(SeedExpander&&) noexcept = default;
SeedExpander& SeedExpander::operator=(SeedExpander&&) noexcept = default;

void SeedExpander::Expand(uint64_t first_word, std::span<uint32_t> out) {
  SOTTO_CHECK(first_word <= kMaxWords && out.size() <= kMaxWords - first_word);
  if (cipher_->vaes) return cipher_->vaes->Expand(first_word, out);
  cipher_->portable->Expand(first_word, out);
}

void ExpandSeed(const Seed& seed, uint64_t first_word, std::span<uint32_t> out) {
  SeedExpander(seed).Expand(first_word, out);
}

}  // namespace sotto
