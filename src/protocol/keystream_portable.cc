#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <bit>

#include "base/check.h"
#include "protocol/keystream_kernels.h"

namespace sotto {
namespace {

static_assert(std::endian::native == std::endian::little, "stream words are little-endian");

constexpr uint64_t kWordsPerBlock = 4;

// The keystream is the encryption of zeros; pieces of this size stay in the first-level cache.
constexpr size_t kPieceBytes = 16384;
constexpr std::array<uint8_t, kPieceBytes> kZeros{};

// Fetched once: an implicit fetch in every initialisation takes a lock.
const EVP_CIPHER* Aes256Ctr() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-CTR", nullptr);
  SOTTO_CHECK(cipher != nullptr);
  return cipher;
}

class PortableKeystream final : public Keystream {
 public:
  explicit PortableKeystream(const Seed& seed) : context_(EVP_CIPHER_CTX_new()) {
    const std::array<uint8_t, 16> zero_counter{};
    SOTTO_CHECK(context_ != nullptr);
    SOTTO_CHECK(
        EVP_EncryptInit_ex2(context_, Aes256Ctr(), seed.data(), zero_counter.data(), nullptr) == 1);
  }
  // Cleanses the key schedule.
  ~PortableKeystream() override { EVP_CIPHER_CTX_free(context_); }

  void Xor(uint64_t first_word, const uint8_t* in, std::span<uint8_t> out) override {
    if (first_word != next_word_) Seek(first_word);
    Encrypt(in, out.data(), out.size());
    next_word_ = first_word + out.size() / sizeof(uint32_t);
  }

 private:
  void Seek(uint64_t word) {
    std::array<uint8_t, 16> counter{};
    const uint64_t block = word / kWordsPerBlock;
    for (int i = 0; i < 8; ++i) counter[15 - i] = static_cast<uint8_t>(block >> (8 * i));
    SOTTO_CHECK(EVP_EncryptInit_ex2(context_, nullptr, nullptr, counter.data(), nullptr) == 1);
    std::array<uint8_t, 16> skipped{};
    Encrypt(nullptr, skipped.data(), 4 * static_cast<size_t>(word % kWordsPerBlock));
  }

  // `in` null: zeros.
  void Encrypt(const uint8_t* in, uint8_t* out, size_t size_bytes) {
    while (size_bytes > 0) {
      const int piece = static_cast<int>(std::min(size_bytes, kPieceBytes));
      int written = 0;
      const uint8_t* const from = in == nullptr ? kZeros.data() : in;
      SOTTO_CHECK(EVP_EncryptUpdate(context_, out, &written, from, piece) == 1);
      SOTTO_CHECK(written == piece);
      if (in != nullptr) in += piece;
      out += piece;
      size_bytes -= static_cast<size_t>(piece);
    }
  }

  EVP_CIPHER_CTX* const context_;
  uint64_t next_word_ = 0;  // Where the keystream stands.
};

}  // namespace

constinit const KeystreamKernels kPortableKeystream = {
    Isa::kPortable, [](const Seed& seed) -> std::unique_ptr<Keystream> {
      return std::make_unique<PortableKeystream>(seed);
    }};

}  // namespace sotto
