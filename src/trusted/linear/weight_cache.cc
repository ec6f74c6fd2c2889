#include "trusted/linear/weight_cache.h"

#include <algorithm>
#include <atomic>
#include <span>

#include "base/file.h"
#include "base/strings.h"
#include "model/crc32c.h"
#include "model/sha256.h"
#include "trusted/linear/weight_fingerprint.h"

namespace sotto {
namespace {

constexpr std::string_view kMagic = "SOTTOWC1";
constexpr size_t kFingerprintBytes = 64, kChunkBytes = size_t{1} << 20, kPageBytes = 4096;
constexpr size_t kHeaderBytes = kMagic.size() + kFingerprintBytes + sizeof(uint64_t);

// Part of the payload: where it is in memory and in the file.
struct Chunk {
  std::span<uint8_t> memory;
  size_t file_offset;
};

template <typename T>
std::span<uint8_t> BytesOf(T* data, size_t count) {
  return {reinterpret_cast<uint8_t*>(data), count * sizeof(T)};
}

std::vector<std::span<uint8_t>> SectionsOf(PackedLayer& layer) {
  return {layer.weights.packed(), BytesOf(layer.bias.data(), layer.bias.size()),
          BytesOf(layer.scales.data(), layer.scales.size()),
          BytesOf(layer.weight_sums.data(), layer.weight_sums.size()),
          BytesOf(&layer.activation_limit, 1)};
}

// In file order; offsets follow from the number of chunks.
std::vector<Chunk> ChunksOf(std::vector<PackedLayer>& layers) {
  std::vector<Chunk> chunks;
  for (PackedLayer& layer : layers) {
    for (std::span<uint8_t> section : SectionsOf(layer)) {
      for (; !section.empty(); section = section.subspan(chunks.back().memory.size())) {
        chunks.push_back({section.first(std::min(kChunkBytes, section.size())), 0});
      }
    }
  }
  const size_t table_end = kHeaderBytes + chunks.size() * sizeof(uint32_t);
  size_t offset = (table_end + kPageBytes - 1) / kPageBytes * kPageBytes;
  for (Chunk& chunk : chunks) {
    chunk.file_offset = offset;
    offset += chunk.memory.size();
  }
  return chunks;
}

// The fingerprint is in the name, so that a renamed file is a foreign one.
std::string FingerprintOfPath(const std::string& path) {
  const size_t end = path.rfind(".weights");
  return path.substr(end - kFingerprintBytes, kFingerprintBytes);
}

std::string MakeHeader(const std::string& path, uint64_t chunks) {
  std::string header(kMagic);
  header += FingerprintOfPath(path);
  header.append(reinterpret_cast<const char*>(&chunks), sizeof chunks);
  return header;
}

absl::Status Damaged(const std::string& path) {
  return absl::DataLossError(StrCat(path, ": the weight cache is damaged"));
}

}  // namespace

absl::StatusOr<std::string> WeightCachePath(const std::string& cache_dir,
                                            const Checkpoint& checkpoint,
                                            const LocalLinearOptions& options) {
  SOTTO_ASSIGN_OR_RETURN(std::string fingerprint,
                         WeightFingerprint(checkpoint, options.precision, options.fixed_weights));
  if (!options.lm_head) fingerprint = Sha256Hex(StrCat(fingerprint, " without lm_head"));
  return StrCat(cache_dir, "/sotto-", fingerprint, ".weights");
}

absl::StatusOr<std::vector<PackedLayer>> ReadWeightCache(const std::string& path,
                                                         const ModelSpec& config,
                                                         Precision precision,
                                                         const WeightForms& forms,
                                                         ThreadPool& pool) {
  SOTTO_ASSIGN_OR_RETURN(const InputFile file, InputFile::Open(path));
  std::vector<PackedLayer> layers;
  for (LinearLayer layer : AllLinearLayers(config)) {
    SOTTO_ASSIGN_OR_RETURN(PackedLayer empty,
                           MakeEmptyLayer(config, layer, precision, forms[layers.size()]));
    layers.push_back(std::move(empty));
  }
  const std::vector<Chunk> chunks = ChunksOf(layers);
  const std::string want_header = MakeHeader(path, chunks.size());
  std::string header(want_header.size(), '\0');
  std::vector<uint32_t> table(chunks.size());
  if (file.size() != chunks.back().file_offset + chunks.back().memory.size() ||
      !file.Read(0, BytesOf(header.data(), header.size())).ok() || header != want_header ||
      !file.Read(kHeaderBytes, BytesOf(table.data(), table.size())).ok()) {
    return Damaged(path);
  }
  std::atomic<bool> intact{true};
  pool.ParallelFor(chunks.size(), [&](size_t i, int) {
    const auto [memory, offset] = chunks[i];
    if (!file.Read(offset, memory).ok() || Crc32c(memory) != table[i]) intact = false;
  });
  if (!intact) return Damaged(path);
  return layers;
}

absl::Status WriteWeightCache(const std::string& path, std::vector<PackedLayer>& layers,
                              ThreadPool& pool) {
  const std::vector<Chunk> chunks = ChunksOf(layers);
  std::vector<uint32_t> table(chunks.size());
  pool.ParallelFor(chunks.size(), [&](size_t i, int) { table[i] = Crc32c(chunks[i].memory); });
  SOTTO_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  std::string header = MakeHeader(path, chunks.size());
  header.append(reinterpret_cast<const char*>(table.data()), table.size() * sizeof table[0]);
  SOTTO_RETURN_IF_ERROR(file.Append(header));
  for (const Chunk& chunk : chunks) {
    SOTTO_RETURN_IF_ERROR(
        file.WriteAt(chunk.file_offset,
                     {reinterpret_cast<const char*>(chunk.memory.data()), chunk.memory.size()}));
  }
  return file.Commit();
}

}  // namespace sotto
