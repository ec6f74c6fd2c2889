// The file format of a sealed model (docs/sealed_model.md): header, chunk table, chunks.
#ifndef SOTTO_MODEL_SEALED_FORMAT_H_
#define SOTTO_MODEL_SEALED_FORMAT_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/merkle.h"

namespace sotto {

enum class SealedCipher : uint32_t {
  kNone = 0,       // Public weights: authenticated, not secret.
  kAes256Gcm = 1,  // Authenticated and secret.
};

inline constexpr size_t kSealedHeaderBytes = 128;
inline constexpr uint32_t kSealedChunkBytes = 4u << 20;

struct SealedHeader {
  SealedCipher cipher = SealedCipher::kNone;
  uint32_t chunk_bytes = kSealedChunkBytes;
  uint64_t payload_bytes = 0;
  uint64_t chunk_count = 0;
  std::array<uint8_t, 32> salt{};  // Of the file's key; zero without one.
  Hash256 root{};

  uint64_t table_bytes() const { return chunk_count * sizeof(Hash256); }
  // Where chunk `index` lies in the file, and its length: only the last may be short.
  uint64_t ChunkOffset(uint64_t index) const;
  uint64_t ChunkLength(uint64_t index) const;
};

// Parses the first bytes of a file of `file_size` bytes. Checks that header, table and chunks fill
// the file exactly, so that no later size comes from an unchecked field. DATA_LOSS naming `source`
// and the field (for a file cut short: the first chunk that is missing); UNIMPLEMENTED for another
// version or cipher.
absl::StatusOr<SealedHeader> ParseSealedHeader(std::span<const uint8_t> bytes, uint64_t file_size,
                                               const std::string& source);
std::array<uint8_t, kSealedHeaderBytes> SerializeSealedHeader(const SealedHeader& header);

// What `root` must be: a hash of every other header field and of the tree over the table, which
// holds one entry a chunk (sealed_chunk.h).
Hash256 SealedRoot(const SealedHeader& header, std::span<const Hash256> table);

// 64 lower-case hex digits, and back (either case). INVALID_ARGUMENT, naming `what`.
std::string HashToHex(const Hash256& hash);
absl::StatusOr<Hash256> HashFromHex(std::string_view hex, std::string_view what);

}  // namespace sotto

#endif  // SOTTO_MODEL_SEALED_FORMAT_H_
