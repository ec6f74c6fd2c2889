#include "model/sha256.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "base/check.h"

namespace sotto {
namespace {

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    SOTTO_CHECK(context_ != nullptr);
    SOTTO_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }

  void Update(const void* data, size_t size) {
    SOTTO_CHECK(EVP_DigestUpdate(context_.get(), data, size) == 1);
  }

  std::string FinishHex() {
    constexpr char kDigits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    SOTTO_CHECK(EVP_DigestFinal_ex(context_.get(), digest, &size) == 1);
    std::string hex;
    for (unsigned i = 0; i < size; ++i) {
      hex += kDigits[digest[i] >> 4];
      hex += kDigits[digest[i] & 15];
    }
    return hex;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

std::string Sha256Hex(std::string_view data) {
  Sha256 hash;
  hash.Update(data.data(), data.size());
  return hash.FinishHex();
}

std::string Sha256HexOfFile(const FileBytes& file) {
  constexpr size_t kStepBytes = size_t{8} << 20;
  const std::span<const uint8_t> all = file.bytes();
  Sha256 hash;
  for (size_t at = 0; at < all.size(); at += kStepBytes) {
    const std::span<const uint8_t> step = all.subspan(at, std::min(kStepBytes, all.size() - at));
    hash.Update(step.data(), step.size());
    file.DropPages(step);
  }
  return hash.FinishHex();
}

}  // namespace sotto
