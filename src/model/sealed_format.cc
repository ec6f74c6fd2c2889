#include "model/sealed_format.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/strings.h"
#include "model/damaged.h"

namespace sotto {
namespace {

// The last byte is the version.
constexpr uint8_t kMagic[8] = {'S', 'O', 'T', 'T', 'O', 'S', 'M', 1};
constexpr size_t kAuthenticatedBytes = 96;  // All of the header before the root.
constexpr uint8_t kRootDomain = 0x02;
constexpr uint32_t kMinChunkBytes = 4096, kMaxChunkBytes = 64u << 20;

// The header as it lies in the file, little-endian.
struct Layout {
  uint8_t magic[8];
  uint32_t cipher;
  uint32_t chunk_bytes;
  uint64_t payload_bytes;
  uint64_t chunk_count;
  uint8_t salt[32];
  uint8_t reserved[32];  // Zero.
  uint8_t root[32];
};
static_assert(sizeof(Layout) == kSealedHeaderBytes);
static_assert(offsetof(Layout, root) == kAuthenticatedBytes);
static_assert(std::endian::native == std::endian::little);

absl::Status CheckFields(const Layout& layout, const std::string& source) {
  if (std::memcmp(layout.magic, kMagic, sizeof kMagic - 1) != 0) {
    return Damaged(source, "not a sealed model: it does not begin with SOTTOSM");
  }
  if (layout.magic[7] != kMagic[7]) {
    return absl::UnimplementedError(StrCat(source, ": sealed with format version ",
                                           uint32_t{layout.magic[7]}, "; supported is 1"));
  }
  if (layout.cipher > static_cast<uint32_t>(SealedCipher::kAes256Gcm)) {
    return absl::UnimplementedError(
        StrCat(source, ": cipher ", layout.cipher, "; supported are 0 (none) and 1 (AES-256-GCM)"));
  }
  if (!std::has_single_bit(layout.chunk_bytes) || layout.chunk_bytes < kMinChunkBytes ||
      layout.chunk_bytes > kMaxChunkBytes) {
    return Damaged(source, StrCat("header field chunk_bytes is ", layout.chunk_bytes));
  }
  if (std::any_of(std::begin(layout.reserved), std::end(layout.reserved),
                  [](uint8_t byte) { return byte != 0; })) {
    return Damaged(source, "reserved bytes of the header are not zero");
  }
  return absl::OkStatus();
}

// `header` against the size of the file; overflow is impossible after the first two lines.
absl::Status CheckSizes(const SealedHeader& header, uint64_t file_size, const std::string& source) {
  const uint64_t count = header.payload_bytes / header.chunk_bytes +
                         (header.payload_bytes % header.chunk_bytes != 0 ? 1 : 0);
  if (header.payload_bytes == 0 || header.payload_bytes > uint64_t{1} << 48) {
    return Damaged(source, StrCat("header field payload_bytes is ", header.payload_bytes));
  }
  if (header.chunk_count != count) {
    return Damaged(source, StrCat("header field chunk_count is ", header.chunk_count, " where ",
                                  header.payload_bytes, " bytes need ", count));
  }
  const uint64_t data_begin = header.ChunkOffset(0);
  if (file_size < data_begin) return Damaged(source, "truncated within the chunk table");
  if (file_size - data_begin < header.payload_bytes) {
    return Damaged(
        source, StrCat("truncated: chunk ", (file_size - data_begin) / header.chunk_bytes, " of ",
                       count, " is missing or short"));
  }
  if (file_size - data_begin > header.payload_bytes) {
    return Damaged(source, StrCat("bytes follow the last chunk, number ", count - 1));
  }
  return absl::OkStatus();
}

}  // namespace

uint64_t SealedHeader::ChunkOffset(uint64_t index) const {
  return kSealedHeaderBytes + table_bytes() + index * chunk_bytes;
}

uint64_t SealedHeader::ChunkLength(uint64_t index) const {
  return std::min<uint64_t>(chunk_bytes, payload_bytes - index * chunk_bytes);
}

absl::StatusOr<SealedHeader> ParseSealedHeader(std::span<const uint8_t> bytes, uint64_t file_size,
                                               const std::string& source) {
  if (bytes.size() < kSealedHeaderBytes || file_size < kSealedHeaderBytes) {
    return Damaged(source, "too short for a sealed model's header");
  }
  Layout layout;
  std::memcpy(&layout, bytes.data(), sizeof layout);
  SOTTO_RETURN_IF_ERROR(CheckFields(layout, source));
  SealedHeader header;
  header.cipher = static_cast<SealedCipher>(layout.cipher);
  header.chunk_bytes = layout.chunk_bytes;
  header.payload_bytes = layout.payload_bytes;
  header.chunk_count = layout.chunk_count;
  std::copy(std::begin(layout.salt), std::end(layout.salt), header.salt.begin());
  std::copy(std::begin(layout.root), std::end(layout.root), header.root.begin());
  SOTTO_RETURN_IF_ERROR(CheckSizes(header, file_size, source));
  return header;
}

std::array<uint8_t, kSealedHeaderBytes> SerializeSealedHeader(const SealedHeader& header) {
  Layout layout{};
  std::copy(std::begin(kMagic), std::end(kMagic), std::begin(layout.magic));
  layout.cipher = static_cast<uint32_t>(header.cipher);
  layout.chunk_bytes = header.chunk_bytes;
  layout.payload_bytes = header.payload_bytes;
  layout.chunk_count = header.chunk_count;
  std::copy(header.salt.begin(), header.salt.end(), std::begin(layout.salt));
  std::copy(header.root.begin(), header.root.end(), std::begin(layout.root));
  std::array<uint8_t, kSealedHeaderBytes> bytes;
  std::memcpy(bytes.data(), &layout, sizeof layout);
  return bytes;
}

Hash256 SealedRoot(const SealedHeader& header, std::span<const Hash256> table) {
  const std::array<uint8_t, kSealedHeaderBytes> bytes = SerializeSealedHeader(header);
  return TaggedSha256(kRootDomain, std::span(bytes).first(kAuthenticatedBytes), MerkleRoot(table));
}

std::string HashToHex(const Hash256& hash) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const uint8_t byte : hash) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

absl::StatusOr<Hash256> HashFromHex(std::string_view hex, std::string_view what) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  Hash256 hash;
  const bool right_length = hex.size() == 2 * hash.size();
  for (size_t i = 0; right_length && i < hash.size(); ++i) {
    const int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) break;
    hash[i] = static_cast<uint8_t>(high << 4 | low);
    if (i + 1 == hash.size()) return hash;
  }
  return absl::InvalidArgumentError(StrCat(what, ": must be 64 hex digits"));
}

}  // namespace sotto
