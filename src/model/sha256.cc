#include "model/sha256.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <new>

#include "base/check.h"

namespace sotto {

struct Sha256::State {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                  EVP_MD_CTX_free};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  // Without memory, nothing else can fail.
  const bool ready = state_->context != nullptr &&
                     EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) == 1;
  if (!ready) throw std::bad_alloc();
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::Update(std::span<const uint8_t> bytes) {
  SOTTO_CHECK(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

std::string Sha256::FinishHex() {
  constexpr char kDigits[] = "0123456789abcdef";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  SOTTO_CHECK(EVP_DigestFinal_ex(state_->context.get(), digest, &size) == 1);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

std::string Sha256Hex(std::string_view data) {
  Sha256 hash;
  hash.Update({reinterpret_cast<const uint8_t*>(data.data()), data.size()});
  return hash.FinishHex();
}

bool IsSha256Hex(std::string_view text) {
  constexpr size_t kDigits = 64;
  return text.size() == kDigits && std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isxdigit(c) != 0;
         });
}

}  // namespace sotto
