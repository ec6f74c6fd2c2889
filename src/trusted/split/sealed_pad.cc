#include "trusted/split/sealed_pad.h"

#include <openssl/evp.h>

#include <array>
#include <cstring>
#include <memory>

#include "base/check.h"

namespace sotto {
namespace {

constexpr size_t kTagBytes = 16, kNonceBytes = 12;
// EVP takes int lengths.
constexpr size_t kPieceBytes = size_t{1} << 30;

struct ContextDeleter {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, ContextDeleter>;

Context Start(std::span<const uint8_t> key, const PadIdentity& identity, bool encrypt) {
  SOTTO_CHECK(key.size() == 32);
  std::array<uint8_t, kNonceBytes> nonce{};
  std::memcpy(nonce.data(), &identity.number, sizeof(identity.number));
  Context context(EVP_CIPHER_CTX_new());
  SOTTO_CHECK(context != nullptr);
  SOTTO_CHECK(EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data(),
                                encrypt ? 1 : 0) == 1);
  int length = 0;
  SOTTO_CHECK(EVP_CipherUpdate(context.get(), nullptr, &length,
                               reinterpret_cast<const uint8_t*>(&identity),
                               static_cast<int>(sizeof(identity))) == 1);
  return context;
}

void Update(EVP_CIPHER_CTX* context, const uint8_t* in, size_t size_bytes, uint8_t* out) {
  for (size_t done = 0; done < size_bytes;) {
    const int piece = static_cast<int>(std::min(kPieceBytes, size_bytes - done));
    int length = 0;
    SOTTO_CHECK(EVP_CipherUpdate(context, out + done, &length, in + done, piece) == 1);
    SOTTO_CHECK(length == piece);
    done += static_cast<size_t>(piece);
  }
}

}  // namespace

std::string SealPad(std::span<const uint8_t> key, const PadIdentity& identity,
                    std::span<const uint8_t> secrets) {
  std::string sealed(secrets.size() + kTagBytes, '\0');
  auto* const out = reinterpret_cast<uint8_t*>(sealed.data());
  const Context context = Start(key, identity, /*encrypt=*/true);
  Update(context.get(), secrets.data(), secrets.size(), out);
  int length = 0;
  SOTTO_CHECK(EVP_CipherFinal_ex(context.get(), out + secrets.size(), &length) == 1);
  SOTTO_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                                  out + secrets.size()) == 1);
  return sealed;
}

bool OpenPad(std::span<const uint8_t> key, const PadIdentity& identity, std::string_view sealed,
             SecretBuffer& secrets) {
  if (sealed.size() != secrets.size() + kTagBytes) return false;
  const auto* const in = reinterpret_cast<const uint8_t*>(sealed.data());
  const Context context = Start(key, identity, /*encrypt=*/false);
  Update(context.get(), in, secrets.size(), secrets.span().data());
  std::array<uint8_t, kTagBytes> tag;
  std::memcpy(tag.data(), in + secrets.size(), kTagBytes);
  SOTTO_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1);
  int length = 0;
  if (EVP_CipherFinal_ex(context.get(), tag.data(), &length) == 1) return true;
  secrets.Wipe();
  return false;
}

}  // namespace sotto
