#include <openssl/rand.h>

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/strings.h"
#include "model/sealed_chunk.h"
#include "model/sealed_directory.h"
#include "model/sealed_model.h"
#include "model/shard_index.h"

namespace sotto {
namespace {

constexpr uint64_t kFileAlignment = 64;  // So that tensors stay as aligned as they were.

std::string_view AsText(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Names of the files to seal, those that are there.
absl::StatusOr<std::vector<std::string>> FilesToSeal(const ModelFiles& model) {
  std::vector<std::string> names = {kConfigName};
  if (model.Has("tokenizer.json")) names.push_back("tokenizer.json");
  if (model.Has(kSingleWeightsName)) {
    names.push_back(kSingleWeightsName);
    return names;
  }
  SOTTO_ASSIGN_OR_RETURN(const std::string text, model.ReadText(kShardIndexName, kMaxIndexBytes));
  SOTTO_ASSIGN_OR_RETURN(const ShardIndex index, ParseShardIndex(text, kShardIndexName));
  names.push_back(kShardIndexName);
  std::vector<std::string> shards;
  for (const auto& [tensor, shard] : index) shards.push_back(shard);
  std::sort(shards.begin(), shards.end());
  names.insert(names.end(), shards.begin(), std::unique(shards.begin(), shards.end()));
  return names;
}

// The plaintext: the directory, then files, each at its place, zeros between them.
class Payload {
 public:
  static absl::StatusOr<Payload> Gather(const ModelFiles& model, std::string weights_sha256) {
    Payload payload;
    SOTTO_ASSIGN_OR_RETURN(const std::vector<std::string> names, FilesToSeal(model));
    for (const std::string& name : names) {
      SOTTO_ASSIGN_OR_RETURN(std::unique_ptr<FileBytes> file, model.Open(name));
      payload.files_.emplace_back(name, std::move(file));
    }
    payload.Place(std::move(weights_sha256));
    return payload;
  }

  uint64_t size() const { return size_; }

  // Copies [offset, offset + target.size()) and drops the files' pages behind it.
  void Copy(uint64_t offset, std::span<uint8_t> target) const {
    std::fill(target.begin(), target.end(), uint8_t{0});
    const auto* text = reinterpret_cast<const uint8_t*>(head_.data());
    CopyOverlap(0, {text, head_.size()}, offset, target);
    for (size_t i = 0; i < files_.size(); ++i) {
      const auto part = CopyOverlap(begins_[i], files_[i].second->bytes(), offset, target);
      files_[i].second->DropPages(part);
    }
  }

 private:
  // Extents change the length of the directory, and its length the extents: the second round is
  // laid out behind room for the longest numbers.
  void Place(std::string weights_sha256) {
    SealedDirectory directory{std::move(weights_sha256), {}};
    for (const auto& [name, file] : files_) directory.files[name] = {~uint64_t{0}, ~uint64_t{0}};
    size_ = SerializeSealedDirectory(directory).size();
    for (const auto& [name, file] : files_) {
      begins_.push_back(size_);
      const uint64_t end = size_ + file->bytes().size();
      directory.files[name] = {size_, end};
      size_ = (end + kFileAlignment - 1) / kFileAlignment * kFileAlignment;
    }
    head_ = SerializeSealedDirectory(directory);
  }

  // Copies where [begin, begin + source.size()) meets the target; returns that part of `source`.
  static std::span<const uint8_t> CopyOverlap(uint64_t begin, std::span<const uint8_t> source,
                                              uint64_t offset, std::span<uint8_t> target) {
    const uint64_t from = std::max(begin, offset);
    const uint64_t to = std::min(begin + source.size(), offset + target.size());
    if (from >= to) return source.first(0);
    const std::span<const uint8_t> part = source.subspan(from - begin, to - from);
    std::copy(part.begin(), part.end(), target.begin() + static_cast<ptrdiff_t>(from - offset));
    return part;
  }

  std::vector<std::pair<std::string, std::unique_ptr<FileBytes>>> files_;
  std::vector<uint64_t> begins_;  // Of each file, in the payload.
  std::string head_;
  uint64_t size_ = 0;
};

absl::StatusOr<SealedHeader> MakeHeader(const SealOptions& options, uint64_t payload_bytes) {
  SealedHeader header;
  header.chunk_bytes = options.chunk_bytes;
  header.payload_bytes = payload_bytes;
  header.chunk_count = (payload_bytes + options.chunk_bytes - 1) / options.chunk_bytes;
  if (options.key_file.empty()) return header;
  header.cipher = SealedCipher::kAes256Gcm;
  if (RAND_bytes(header.salt.data(), static_cast<int>(header.salt.size())) != 1) {
    return absl::UnavailableError("the system's random generator failed");
  }
  return header;
}

absl::StatusOr<std::vector<Hash256>> WriteChunks(const Payload& payload, const SealedHeader& header,
                                                 const ChunkCrypter& crypter, AtomicFile& file,
                                                 ThreadPool& pool) {
  std::vector<Hash256> table(header.chunk_count);
  std::vector<std::vector<uint8_t>> buffers(pool.threads());
  std::mutex mutex;
  absl::Status status;
  pool.ParallelFor(header.chunk_count, [&](size_t i, int worker) {
    std::vector<uint8_t>& chunk = buffers[worker];
    chunk.resize(header.ChunkLength(i));
    payload.Copy(i * header.chunk_bytes, chunk);
    table[i] = crypter.Seal(i, chunk);
    const absl::Status written = file.WriteAt(header.ChunkOffset(i), AsText(chunk));
    const std::lock_guard<std::mutex> lock(mutex);
    status.Update(written);
  });
  SOTTO_RETURN_IF_ERROR(status);
  return table;
}

}  // namespace

absl::StatusOr<Hash256> SealModel(const std::string& model_dir, const std::string& out,
                                  const SealOptions& options, ThreadPool& pool) {
  SOTTO_ASSIGN_OR_RETURN(const Checkpoint checkpoint, Checkpoint::Open(model_dir));
  SOTTO_ASSIGN_OR_RETURN(std::string sha256, checkpoint.WeightsSha256(pool));
  SOTTO_ASSIGN_OR_RETURN(const std::unique_ptr<ModelFiles> model, OpenModelDirectory(model_dir));
  SOTTO_ASSIGN_OR_RETURN(const Payload payload, Payload::Gather(*model, std::move(sha256)));
  SOTTO_ASSIGN_OR_RETURN(SealedHeader header, MakeHeader(options, payload.size()));
  SecretBuffer key;
  if (!options.key_file.empty()) {
    SOTTO_ASSIGN_OR_RETURN(key, ReadKeyFile(options.key_file));
  }
  const ChunkCrypter crypter(header, key);
  SOTTO_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(out));
  SOTTO_ASSIGN_OR_RETURN(const std::vector<Hash256> table,
                         WriteChunks(payload, header, crypter, file, pool));
  header.root = SealedRoot(header, table);
  SOTTO_RETURN_IF_ERROR(file.WriteAt(0, AsText(SerializeSealedHeader(header))));
  const auto* entries = reinterpret_cast<const uint8_t*>(table.data());
  SOTTO_RETURN_IF_ERROR(file.WriteAt(kSealedHeaderBytes, AsText({entries, header.table_bytes()})));
  SOTTO_RETURN_IF_ERROR(file.Commit());
  return header.root;
}

}  // namespace sotto
