#include "protocol/plane_cipher.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "base/strings.h"

namespace sotto {
namespace {

constexpr size_t kNonceBytes = 12;

std::array<Seed*, 4> InOrder(PlaneKeys& keys) {
  return {&keys.request_records, &keys.request_payloads, &keys.answer_records,
          &keys.answer_payloads};
}

// Fetched once: an implicit fetch in every initialisation takes a lock.
const EVP_CIPHER* Aes256Gcm() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  SOTTO_CHECK(cipher != nullptr);
  return cipher;
}

std::array<uint8_t, kNonceBytes> NonceOf(uint64_t number) {
  std::array<uint8_t, kNonceBytes> nonce{};
  std::memcpy(nonce.data(), &number, sizeof(number));
  return nonce;
}

std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> NewContext() {
  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                          EVP_CIPHER_CTX_free);
  SOTTO_CHECK(context != nullptr);
  return context;
}

}  // namespace

PlaneKeys DrawPlaneKeys() {
  PlaneKeys keys;
  for (Seed* const key : InOrder(keys)) {
    SOTTO_CHECK(RAND_priv_bytes(key->data(), static_cast<int>(key->size())) == 1);
  }
  return keys;
}

std::string EncodePlaneKeys(const PlaneKeys& keys) {
  PlaneKeys copy = keys;
  std::string bytes;
  bytes.reserve(kPlaneKeysBytes);  // Or it would leave pieces behind as it grows.
  for (const Seed* const key : InOrder(copy)) bytes.append(key->begin(), key->end());
  return bytes;
}

absl::StatusOr<PlaneKeys> DecodePlaneKeys(const std::string& bytes) {
  if (bytes.size() != kPlaneKeysBytes) {
    return absl::InvalidArgumentError(
        StrCat("plane_keys has ", bytes.size(), " bytes, expected ", kPlaneKeysBytes));
  }
  PlaneKeys keys;
  const char* from = bytes.data();
  for (Seed* const key : InOrder(keys)) {
    std::memcpy(key->data(), from, kSeedBytes);
    from += kSeedBytes;
  }
  return keys;
}

Seed PayloadEpochKey(const Seed& key, uint64_t epoch) {
  std::array<uint8_t, sizeof(epoch)> number;
  std::memcpy(number.data(), &epoch, sizeof(epoch));
  Seed derived;
  unsigned int size = 0;
  SOTTO_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), number.data(),
                   number.size(), derived.data(), &size) != nullptr &&
              size == derived.size());
  return derived;
}

void PayloadCipher::Apply(uint64_t offset, const uint8_t* from, uint8_t* to, size_t size) {
  while (size > 0) {
    if (const uint64_t epoch = offset / kPayloadEpochBytes; epoch != epoch_) {
      stream_ = SeedExpander(PayloadEpochKey(key_, epoch));
      epoch_ = epoch;
    }
    const uint64_t within = offset % kPayloadEpochBytes;
    const size_t part = std::min<uint64_t>(size, kPayloadEpochBytes - within);
    ApplyWithin(within, from, to, part);
    offset += part;
    from += part;
    to += part;
    size -= part;
  }
}

void PayloadCipher::ApplyWithin(uint64_t offset, const uint8_t* from, uint8_t* to, size_t size) {
  const size_t whole = size / sizeof(uint32_t) * sizeof(uint32_t);
  stream_.Xor(offset / sizeof(uint32_t), from, {to, whole});
  if (whole == size) return;
  std::array<uint8_t, sizeof(uint32_t)> last{};
  std::copy(from + whole, from + size, last.begin());
  stream_.Xor((offset + whole) / sizeof(uint32_t), last.data(), last);
  std::copy_n(last.begin(), size - whole, to + whole);
}

RecordSealer::RecordSealer(const Seed& key) : context_(NewContext()) {
  SOTTO_CHECK(EVP_EncryptInit_ex2(context_.get(), Aes256Gcm(), key.data(), nullptr, nullptr) == 1);
}

void RecordSealer::Seal(std::span<const uint8_t> record, std::span<uint8_t> sealed) {
  SOTTO_CHECK(sealed.size() == record.size() + kRecordTagBytes);
  EVP_CIPHER_CTX* const context = context_.get();
  const auto nonce = NonceOf(next_++);
  int written = 0, last = 0;
  SOTTO_CHECK(EVP_EncryptInit_ex2(context, nullptr, nullptr, nonce.data(), nullptr) == 1 &&
              EVP_EncryptUpdate(context, sealed.data(), &written, record.data(),
                                static_cast<int>(record.size())) == 1 &&
              EVP_EncryptFinal_ex(context, sealed.data() + written, &last) == 1 &&
              EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kRecordTagBytes,
                                  sealed.data() + record.size()) == 1);
}

RecordOpener::RecordOpener(const Seed& key) : context_(NewContext()) {
  SOTTO_CHECK(EVP_DecryptInit_ex2(context_.get(), Aes256Gcm(), key.data(), nullptr, nullptr) == 1);
}

absl::Status RecordOpener::Open(std::span<const uint8_t> sealed, std::span<uint8_t> record) {
  SOTTO_CHECK(sealed.size() == record.size() + kRecordTagBytes);
  EVP_CIPHER_CTX* const context = context_.get();
  const auto nonce = NonceOf(next_++);
  std::array<uint8_t, kRecordTagBytes> tag;
  std::memcpy(tag.data(), sealed.data() + record.size(), tag.size());
  int written = 0, last = 0;
  SOTTO_CHECK(EVP_DecryptInit_ex2(context, nullptr, nullptr, nonce.data(), nullptr) == 1 &&
              EVP_DecryptUpdate(context, record.data(), &written, sealed.data(),
                                static_cast<int>(record.size())) == 1 &&
              EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag.size(), tag.data()) == 1);
  if (EVP_DecryptFinal_ex(context, record.data() + written, &last) == 1) return absl::OkStatus();
  OPENSSL_cleanse(record.data(), record.size());
  return absl::AbortedError(
      "a record of the data plane is not as it was sealed: it was changed, repeated or left out");
}

}  // namespace sotto
