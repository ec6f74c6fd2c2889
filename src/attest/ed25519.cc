#include "attest/ed25519.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/escaping.h"

namespace sotto {
namespace {

// The y of all points whose order divides 8 (0; 1; the two of order 8; p - 1), and the two of them
// that have a second encoding, as p and p + 1. Little-endian.
constexpr std::array<std::string_view, 7> kLowOrderY = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};

using SigningContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// There is nobody to ask.
int NoPassword(char*, int, int, void*) { return -1; }

bool IsEd25519(const OwnedKey& key) {
  ERR_clear_error();
  return key != nullptr && EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_ED25519;
}

}  // namespace

absl::StatusOr<Ed25519Key> Ed25519Key::FromHandle(OwnedKey handle) {
  std::string public_key(kEd25519KeyBytes, '\0');
  size_t size = public_key.size();
  if (handle == nullptr ||
      EVP_PKEY_get_raw_public_key(handle.get(), reinterpret_cast<unsigned char*>(public_key.data()),
                                  &size) != 1) {
    return absl::InternalError("OpenSSL makes no Ed25519 key");
  }
  return Ed25519Key(std::move(handle), std::move(public_key));
}

absl::StatusOr<Ed25519Key> Ed25519Key::Generate() {
  return FromHandle(OwnedKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")));
}

absl::StatusOr<Ed25519Key> Ed25519Key::FromPem(const std::string& text) {
  OwnedKey key(PEM_read_bio_PrivateKey(Reader(text).get(), nullptr, NoPassword, nullptr));
  if (IsEd25519(key)) return FromHandle(std::move(key));
  return absl::InvalidArgumentError("must be a private key of Ed25519, PEM, not encrypted");
}

absl::StatusOr<Ed25519Key> Ed25519Key::FromSeed(std::string_view seed) {
  return FromHandle(
      OwnedKey(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, Bytes(seed), seed.size())));
}

absl::StatusOr<std::string> Ed25519Key::Sign(std::string_view message) const {
  const SigningContext context(EVP_MD_CTX_new());
  std::string signature(kEd25519SignatureBytes, '\0');
  size_t size = signature.size();
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, handle_.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     Bytes(message), message.size()) != 1) {
    return absl::InternalError("OpenSSL makes no Ed25519 signature");
  }
  return signature;
}

absl::StatusOr<std::string> Ed25519PublicKeyFromPem(const std::string& text) {
  const OwnedKey key(PEM_read_bio_PUBKEY(Reader(text).get(), nullptr, NoPassword, nullptr));
  std::string bytes(kEd25519KeyBytes, '\0');
  size_t size = bytes.size();
  if (IsEd25519(key) &&
      EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(bytes.data()),
                                  &size) == 1 &&
      !IsLowOrderEd25519(bytes)) {
    return bytes;
  }
  return absl::InvalidArgumentError("must be a public key of Ed25519, PEM");
}

bool IsLowOrderEd25519(std::string_view public_key) {
  if (public_key.size() != kEd25519KeyBytes) return false;
  std::string y(public_key);
  y.back() = static_cast<char>(y.back() & 0x7f);  // The other bit is the sign of x.
  const std::string hex = absl::BytesToHexString(y);
  return std::find(kLowOrderY.begin(), kLowOrderY.end(), hex) != kLowOrderY.end();
}

bool Ed25519Verifies(std::string_view public_key, std::string_view message,
                     std::string_view signature) {
  if (public_key.size() != kEd25519KeyBytes || signature.size() != kEd25519SignatureBytes ||
      IsLowOrderEd25519(public_key)) {
    return false;
  }
  const OwnedKey key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(public_key), public_key.size()));
  const SigningContext context(EVP_MD_CTX_new());
  return key != nullptr && context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message),
                          message.size()) == 1;
}

}  // namespace sotto
