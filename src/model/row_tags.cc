#include "model/row_tags.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/check.h"

namespace sotto {
namespace {

constexpr size_t kTagNonceBytes = 12;

// Tags of one caller. Every tag is made with the same nonce: nobody sees one, so that GCM's tag
// serves as the universal hash it contains.
class Tagger {
 public:
  explicit Tagger(std::span<const uint8_t, 16> key)
      : context_(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free) {
    SOTTO_CHECK(context_ != nullptr);
    SOTTO_CHECK(
        EVP_EncryptInit_ex(context_.get(), EVP_aes_128_gcm(), nullptr, key.data(), kNonce) == 1);
  }

  void Tag(std::span<const uint8_t> bytes, std::span<uint8_t, 16> tag) {
    EVP_CIPHER_CTX* context = context_.get();
    int ignored = 0;
    SOTTO_CHECK(EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, kNonce) == 1);
    SOTTO_CHECK(EVP_EncryptUpdate(context, nullptr, &ignored, bytes.data(),
                                  static_cast<int>(bytes.size())) == 1);
    SOTTO_CHECK(EVP_EncryptFinal_ex(context, nullptr, &ignored) == 1);
    SOTTO_CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag.size()),
                                    tag.data()) == 1);
  }

 private:
  static constexpr uint8_t kNonce[kTagNonceBytes] = {};
  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context_;
};

}  // namespace

RowTags::RowTags(const std::vector<size_t>& rows) {
  for (const size_t count : rows) slots_.emplace_back(count);
}

RowTags::~RowTags() { OPENSSL_cleanse(key_.data(), key_.size()); }

absl::StatusOr<std::unique_ptr<RowTags>> RowTags::Create(const std::vector<size_t>& rows) {
  std::unique_ptr<RowTags> tags(new RowTags(rows));
  if (RAND_bytes(tags->key_.data(), static_cast<int>(tags->key_.size())) != 1) {
    return absl::UnavailableError("the system's random generator failed");
  }
  return tags;
}

bool RowTags::Same(size_t tensor, size_t first, std::span<const uint8_t> bytes, size_t row_bytes) {
  SOTTO_CHECK(bytes.size() % row_bytes == 0);
  Tagger tagger(key_);
  bool same = true;
  for (size_t row = first; !bytes.empty(); ++row, bytes = bytes.subspan(row_bytes)) {
    Tag tag;
    tagger.Tag(bytes.first(row_bytes), tag);
    Slot& slot = slots_[tensor].at(row);
    const std::lock_guard<std::mutex> lock(mutexes_[row % mutexes_.size()]);
    if (!slot.seen) slot = {tag, true};
    same &= slot.tag == tag;
  }
  return same;
}

}  // namespace sotto
