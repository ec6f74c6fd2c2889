// A sealed model's header, chunk table and directory: whatever the bytes, an accepted header
// describes exactly the file it is in, and an accepted directory stays inside its payload.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "base/check.h"
#include "model/sealed_directory.h"
#include "model/sealed_format.h"

namespace {

void TryHeader(std::span<const uint8_t> bytes) {
  const auto header = sotto::ParseSealedHeader(bytes, bytes.size(), "fuzz");
  if (!header.ok()) return;
  SOTTO_CHECK(header->chunk_count > 0);
  uint64_t end = sotto::kSealedHeaderBytes + header->table_bytes();
  for (uint64_t i = 0; i < header->chunk_count; ++i) {
    SOTTO_CHECK(header->ChunkOffset(i) == end && header->ChunkLength(i) > 0);
    end += header->ChunkLength(i);
  }
  SOTTO_CHECK(end == bytes.size());
  std::vector<sotto::Hash256> table(header->chunk_count);
  std::memcpy(table.data(), bytes.data() + sotto::kSealedHeaderBytes, header->table_bytes());
  sotto::SealedHeader shorter = *header;
  shorter.payload_bytes -= 1;
  SOTTO_CHECK(sotto::SealedRoot(*header, table) != sotto::SealedRoot(shorter, table));
  const auto again = sotto::SerializeSealedHeader(*header);
  SOTTO_CHECK(std::memcmp(again.data(), bytes.data(), again.size()) == 0);
}

void TryDirectory(std::span<const uint8_t> payload) {
  const auto directory = sotto::ParseSealedDirectory(payload, "fuzz");
  if (!directory.ok()) return;
  for (const auto& [name, extent] : directory->files) {
    SOTTO_CHECK(extent.begin <= extent.end && extent.end <= payload.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  TryHeader({data, size});
  TryDirectory({data, size});
  return 0;
}
