#include "wire/keystream.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>

#include "base/check.h"

namespace sotto {
namespace {

constexpr size_t kBlockBytes = 16, kWordsPerBlock = 4;
// EVP takes int lengths; pieces that fit the first-level cache are also the fastest.
constexpr size_t kPieceBytes = size_t{32} << 10;

struct CipherDeleter {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, CipherDeleter>;

Cipher StartAt(const Seed& seed, uint64_t block) {
  std::array<uint8_t, kBlockBytes> counter{};
  for (size_t i = 0; i < 8; ++i) counter[15 - i] = static_cast<uint8_t>(block >> (8 * i));
  Cipher cipher(EVP_CIPHER_CTX_new());
  SOTTO_CHECK(cipher != nullptr);
  SOTTO_CHECK(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_ctr(), nullptr, seed.data(),
                                 counter.data()) == 1);
  return cipher;
}

// XORs the next bytes of the stream over `bytes`, which are zero.
void Next(EVP_CIPHER_CTX* cipher, std::span<uint8_t> bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const int piece = static_cast<int>(std::min(kPieceBytes, bytes.size() - done));
    int written = 0;
    SOTTO_CHECK(
        EVP_EncryptUpdate(cipher, bytes.data() + done, &written, bytes.data() + done, piece) == 1);
    SOTTO_CHECK(written == piece);
    done += piece;
  }
}

}  // namespace

void ExpandSeed(const Seed& seed, uint64_t first_word, std::span<uint32_t> out) {
  static_assert(std::endian::native == std::endian::little);
  Cipher cipher = StartAt(seed, first_word / kWordsPerBlock);
  std::array<uint8_t, kBlockBytes> skipped{};
  Next(cipher.get(), std::span(skipped).first(first_word % kWordsPerBlock * sizeof(uint32_t)));
  std::memset(out.data(), 0, out.size_bytes());
  Next(cipher.get(), {reinterpret_cast<uint8_t*>(out.data()), out.size_bytes()});
}

}  // namespace sotto
