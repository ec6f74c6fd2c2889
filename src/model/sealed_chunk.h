// One chunk of a sealed model: what its table entry is, and how it is opened.
#ifndef SOTTO_MODEL_SEALED_CHUNK_H_
#define SOTTO_MODEL_SEALED_CHUNK_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/secret_buffer.h"
#include "base/status.h"
#include "model/sealed_format.h"

namespace sotto {

inline constexpr size_t kSealKeyBytes = 32;

// Reads a key: 32 bytes, or 64 hex digits with an optional line end. FAILED_PRECONDITION when the
// file holds anything else; otherwise errors as base/file.h. Messages never hold key bytes.
absl::StatusOr<SecretBuffer> ReadKeyFile(const std::string& path);
// The same of the file's text; `source` names it in errors.
absl::StatusOr<SecretBuffer> ParseKey(std::string_view text, const std::string& source);

// Seals and opens the chunks of one file. Thread-safe.
//
// Without a cipher, the entry of a chunk is MerkleLeaf of its bytes. With AES-256-GCM it is the
// 16-byte tag, then 16 zero bytes, and
//   key   = HKDF-SHA256(the key file's bytes, salt = header.salt, info = "sotto sealed model v1"),
//   nonce = chunk index as u64 little-endian, then four zero bytes,
//   aad   = payload_bytes and chunk_bytes as u64 little-endian.
// A nonce is used once a file because a file is written once under a fresh salt.
class ChunkCrypter {
 public:
  // `key`: kSealKeyBytes when the header names a cipher, else ignored.
  ChunkCrypter(const SealedHeader& header, const SecretBuffer& key);

  // Encrypts `chunk` in place and returns its table entry.
  Hash256 Seal(uint64_t index, std::span<uint8_t> chunk) const;
  // Checks `chunk` against its entry and decrypts it in place. False: it is not the chunk that was
  // sealed there, and its bytes have been overwritten with zeros.
  [[nodiscard]] bool Open(uint64_t index, const Hash256& entry, std::span<uint8_t> chunk) const;

 private:
  SealedHeader header_;
  SecretBuffer file_key_;
};

}  // namespace sotto

#endif  // SOTTO_MODEL_SEALED_CHUNK_H_
