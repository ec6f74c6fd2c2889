#include "model/random_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <vector>

#include "base/file.h"
#include "base/strings.h"
#include "model/random_values.h"
#include "model/safetensors_writer.h"
#include "model/shard_index.h"
#include "model/temporary_directory.h"
#include "model/tensor_names.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

constexpr size_t kChunkElements = size_t{1} << 20;

// Norms are all ones; everything else is random with this standard deviation.
bool IsNorm(const TensorSpec& tensor) { return tensor.name.ends_with("norm.weight"); }
float StandardDeviation(const TensorSpec& tensor) {
  if (tensor.shape.size() == 1 || tensor.name == kEmbeddingName) return 0.02f;
  return 1.0f / std::sqrt(static_cast<float>(tensor.shape[1]));
}

// A piece of a tensor of one file, made and written by one thread.
struct Chunk {
  size_t tensor = 0;
  uint64_t begin = 0;
  size_t count = 0;
};

std::vector<Chunk> Chunks(const std::vector<TensorSpec>& tensors, DType dtype) {
  std::vector<Chunk> chunks;
  for (size_t t = 0; t < tensors.size(); ++t) {
    const uint64_t elements = TensorBytes(tensors[t]) / DTypeSize(dtype);
    for (uint64_t begin = 0; begin < elements; begin += kChunkElements) {
      const uint64_t count = std::min<uint64_t>(kChunkElements, elements - begin);
      chunks.push_back({t, begin, static_cast<size_t>(count)});
    }
  }
  return chunks;
}

void MakeChunk(const TensorSpec& tensor, const Chunk& chunk, const RandomModelOptions& options,
               std::vector<uint8_t>& values) {
  values.resize(chunk.count * DTypeSize(options.dtype));
  if (IsNorm(tensor)) {
    const uint32_t one = options.dtype == DType::kF32   ? 0x3f800000u
                         : options.dtype == DType::kF16 ? 0x3c00u
                                                        : 0x3f80u;
    const size_t size = DTypeSize(options.dtype);
    for (size_t i = 0; i < chunk.count; ++i) std::memcpy(&values[i * size], &one, size);
    return;
  }
  // The key hangs on the name, so that sharding or a different order changes no value.
  uint64_t key = MixBits(options.seed);
  for (const char c : tensor.name) key = MixBits(key ^ static_cast<unsigned char>(c));
  RandomValues(key, chunk.begin, chunk.count, StandardDeviation(tensor), options.dtype,
               values.data());
}

absl::Status WriteFileOfTensors(const std::string& path, const std::vector<TensorSpec>& tensors,
                                const RandomModelOptions& options, ThreadPool& pool) {
  SOTTO_ASSIGN_OR_RETURN(SafetensorsWriter writer,
                         SafetensorsWriter::Create(path, tensors, {{"format", "pt"}}));
  const std::vector<Chunk> chunks = Chunks(tensors, options.dtype);
  std::vector<std::vector<uint8_t>> buffers(pool.threads());
  std::mutex mutex;
  absl::Status status;
  pool.ParallelFor(chunks.size(), [&](size_t i, int worker) {
    const Chunk& chunk = chunks[i];
    MakeChunk(tensors[chunk.tensor], chunk, options, buffers[worker]);
    const uint64_t offset = chunk.begin * DTypeSize(options.dtype);
    const absl::Status written = writer.Write(chunk.tensor, offset, buffers[worker]);
    const std::lock_guard<std::mutex> lock(mutex);
    status.Update(written);
  });
  SOTTO_RETURN_IF_ERROR(status);
  return writer.Commit();
}

// In the model's order, each shard filled until the next tensor would pass the limit.
std::vector<std::vector<TensorSpec>> SplitIntoShards(const RandomModelOptions& options) {
  std::vector<std::vector<TensorSpec>> shards(1);
  uint64_t bytes = 0;
  for (const NamedShape& needed : RequiredTensors(options.config)) {
    TensorSpec tensor{needed.name, std::string(DTypeName(options.dtype)), needed.shape};
    const uint64_t size = TensorBytes(tensor);
    if (!shards.back().empty() && bytes + size > options.shard_bytes) {
      shards.emplace_back();
      bytes = 0;
    }
    bytes += size;
    shards.back().push_back(std::move(tensor));
  }
  return shards;
}

ShardIndex IndexOf(const std::vector<std::vector<TensorSpec>>& shards) {
  ShardIndex index;
  for (size_t i = 0; i < shards.size(); ++i) {
    for (const TensorSpec& tensor : shards[i]) {
      index[tensor.name] = ShardName(i, shards.size());
    }
  }
  return index;
}

uint64_t TotalBytes(const std::vector<std::vector<TensorSpec>>& shards) {
  uint64_t total = 0;
  for (const std::vector<TensorSpec>& shard : shards) {
    for (const TensorSpec& tensor : shard) total += TensorBytes(tensor);
  }
  return total;
}

absl::Status WriteModelFiles(const RandomModelOptions& options, const std::string& dir,
                             ThreadPool& pool) {
  const std::vector<std::vector<TensorSpec>> shards = SplitIntoShards(options);
  for (size_t i = 0; i < shards.size(); ++i) {
    const std::string name = shards.size() == 1 ? kSingleWeightsName : ShardName(i, shards.size());
    SOTTO_RETURN_IF_ERROR(WriteFileOfTensors(StrCat(dir, "/", name), shards[i], options, pool));
  }
  if (shards.size() > 1) {
    SOTTO_RETURN_IF_ERROR(WriteFileAtomically(
        StrCat(dir, "/", kShardIndexName), ShardIndexToJson(IndexOf(shards), TotalBytes(shards))));
  }
  return WriteFileAtomically(StrCat(dir, "/config.json"), ConfigToJson(options.config));
}

// "out/" means the same directory as "out".
std::string WithoutTrailingSlash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

absl::Status WriteRandomModel(const RandomModelOptions& options, const std::string& out,
                              ThreadPool& pool) {
  const std::string target = WithoutTrailingSlash(out);
  std::error_code ignored;
  if (fs::exists(target, ignored) && !fs::is_empty(target, ignored)) {
    return absl::FailedPreconditionError(StrCat(target, ": exists and is not an empty directory"));
  }
  SOTTO_ASSIGN_OR_RETURN(TemporaryDirectory temporary, TemporaryDirectory::CreateFor(target));
  SOTTO_RETURN_IF_ERROR(WriteModelFiles(options, temporary.path(), pool));
  return temporary.RenameTo(target);
}

}  // namespace sotto
