// Signatures of receipts: Ed25519 (RFC 8032), by OpenSSL.
#ifndef SOTTO_ATTEST_ED25519_H_
#define SOTTO_ATTEST_ED25519_H_

#include <string>
#include <string_view>
#include <utility>

#include "base/openssl_objects.h"
#include "base/status.h"

namespace sotto {

inline constexpr size_t kEd25519KeyBytes = 32, kEd25519SignatureBytes = 64;

// A private key. It never leaves the object, and OpenSSL wipes it when that goes.
class Ed25519Key {
 public:
  // INTERNAL when OpenSSL has no randomness.
  static absl::StatusOr<Ed25519Key> Generate();
  // Of a PEM text (PKCS #8, not encrypted), the caller's to wipe. INVALID_ARGUMENT for another.
  static absl::StatusOr<Ed25519Key> FromPem(const std::string& text);
  // Of a seed of kEd25519KeyBytes, the caller's to wipe.
  static absl::StatusOr<Ed25519Key> FromSeed(std::string_view seed);

  const std::string& public_key() const { return public_key_; }  // kEd25519KeyBytes
  absl::StatusOr<std::string> Sign(std::string_view message) const;

 private:
  static absl::StatusOr<Ed25519Key> FromHandle(OwnedKey handle);
  Ed25519Key(OwnedKey handle, std::string public_key)
      : handle_(std::move(handle)), public_key_(std::move(public_key)) {}

  OwnedKey handle_;
  std::string public_key_;
};

// kEd25519KeyBytes, of a PEM text of a public key. INVALID_ARGUMENT for what is another, and for
// one of low order.
absl::StatusOr<std::string> Ed25519PublicKeyFromPem(const std::string& text);

// Whether the key is a point of low order (1, 2, 4 or 8), in any encoding: anybody makes signatures
// that verify under it. No key that was generated is one.
bool IsLowOrderEd25519(std::string_view public_key);

// False for a key or a signature of another size, and for a key of low order, too.
bool Ed25519Verifies(std::string_view public_key, std::string_view message,
                     std::string_view signature);

}  // namespace sotto

#endif  // SOTTO_ATTEST_ED25519_H_
