// AES-256-GCM over one pad's secrets, for pads that are kept in files.
#ifndef SOTTO_TRUSTED_SPLIT_SEALED_PAD_H_
#define SOTTO_TRUSTED_SPLIT_SEALED_PAD_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/secret_buffer.h"

namespace sotto {

// What a sealed pad is bound to. `number` is the nonce: unique under a key.
struct PadIdentity {
  uint64_t number = 0;
  uint64_t kind = 0, rows = 0;
};

// What a sealed pad is longer than its secrets: the tag.
inline constexpr size_t kSealedPadOverhead = 16;

// Ciphertext and tag. key: 32 bytes.
std::string SealPad(std::span<const uint8_t> key, const PadIdentity& identity,
                    std::span<const uint8_t> secrets);
// Fills `secrets`; false, and `secrets` wiped, unless `sealed` was made by SealPad with the same
// key, identity and length.
bool OpenPad(std::span<const uint8_t> key, const PadIdentity& identity, std::string_view sealed,
             SecretBuffer& secrets);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_SEALED_PAD_H_
