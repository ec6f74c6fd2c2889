#include "trusted/split/drbg.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>

#include "base/check.h"

namespace sotto {
namespace {

constexpr size_t kMaxOutputBytes = size_t{1} << 20;

// XORs the AES-256-CTR keystream of `key`, from a zero counter, into the parts in turn.
void ApplyKeystream(std::span<const uint8_t> key, std::span<uint8_t> first,
                    std::span<uint8_t> second) {
  const std::array<uint8_t, 16> zero_counter{};
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  SOTTO_CHECK(context != nullptr);
  SOTTO_CHECK(EVP_EncryptInit_ex2(context, EVP_aes_256_ctr(), key.data(), zero_counter.data(),
                                  nullptr) == 1);
  for (std::span<uint8_t> part : {first, second}) {
    int written = 0;
    SOTTO_CHECK(EVP_EncryptUpdate(context, part.data(), &written, part.data(),
                                  static_cast<int>(part.size())) == 1);
  }
  EVP_CIPHER_CTX_free(context);  // Cleanses the key schedule.
}

// A library's function that is called for the first time is looked up by the dynamic linker, which
// saves all vector registers on the stack: with them, what the cipher has just made.
__attribute__((noinline)) void SweepStack() {
  std::array<uint8_t, 16384> below;
  OPENSSL_cleanse(below.data(), below.size());
}

void FillFromSystem(std::span<uint8_t> out) {
  size_t filled = 0;
  while (filled < out.size()) {
    const ssize_t n = getrandom(out.data() + filled, out.size() - filled, 0);
    if (n < 0 && errno == EINTR) continue;
    SOTTO_CHECK(n > 0);  // The system has no randomness: masks would be guessable.
    filled += static_cast<size_t>(n);
  }
}

}  // namespace

Drbg::Drbg(std::span<const uint8_t, kKeyBytes> key) : keys_(2 * kKeyBytes), owner_(getpid()) {
  std::copy(key.begin(), key.end(), keys_.span().begin());
}

void Drbg::Generate(std::span<uint8_t> out) {
  SOTTO_CHECK(out.size() <= kMaxOutputBytes);
  std::lock_guard lock(mutex_);
  SOTTO_CHECK(getpid() == owner_);
  const std::span<uint8_t> key = keys_.span().first(kKeyBytes), next = keys_.span().last(kKeyBytes);
  std::fill(next.begin(), next.end(), uint8_t{0});
  std::fill(out.begin(), out.end(), uint8_t{0});
  ApplyKeystream(key, next, out);
  std::copy(next.begin(), next.end(), key.begin());
  SweepStack();
}

Drbg Drbg::Fork() {
  SecretBuffer key(kKeyBytes);
  Generate(key.span());
  return Drbg(key.span().first<kKeyBytes>());
}

namespace {

std::atomic<pid_t> owner_of_process_drbg = 0;  // 0: nobody has asked for it.

}  // namespace

Drbg& ProcessDrbg() {
  static Drbg& drbg = *[] {
    SecretBuffer key(Drbg::kKeyBytes);
    FillFromSystem(key.span());
    owner_of_process_drbg = getpid();
    return new Drbg(key.span().first<Drbg::kKeyBytes>());
  }();
  return drbg;
}

bool ProcessDrbgIsOfAParent() {
  const pid_t owner = owner_of_process_drbg;
  return owner != 0 && owner != getpid();
}

}  // namespace sotto
