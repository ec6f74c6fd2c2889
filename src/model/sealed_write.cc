#include <openssl/rand.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/strings.h"
#include "model/sealed_chunk.h"
#include "model/sealed_directory.h"
#include "model/sealed_model.h"
#include "model/sha256.h"
#include "model/shard_index.h"

namespace sotto {
namespace {

constexpr uint64_t kFileAlignment = 64;  // So that tensors stay as aligned as they were.

// Names of the files to seal, those that are there.
absl::StatusOr<std::vector<std::string>> FilesToSeal(const ModelFiles& model) {
  std::vector<std::string> names = {kConfigName};
  if (model.Has(kTokenizerName)) names.push_back(kTokenizerName);
  // As OpenWeightFiles() looks for them.
  if (model.Has(kSingleWeightsName) || !model.Has(kShardIndexName)) {
    names.push_back(model.Has(kSingleWeightsName) ? kSingleWeightsName : kOnlyShardName);
    return names;
  }
  names.push_back(kShardIndexName);
  SOTTO_ASSIGN_OR_RETURN(const std::string text, model.ReadText(kShardIndexName, kMaxIndexBytes));
  SOTTO_ASSIGN_OR_RETURN(const ShardIndex index, ParseShardIndex(text, kShardIndexName));
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
    payload.path_ = model.path();
    SOTTO_ASSIGN_OR_RETURN(const std::vector<std::string> names, FilesToSeal(model));
    for (const std::string& name : names) {
      SOTTO_ASSIGN_OR_RETURN(std::unique_ptr<FileBytes> file, model.Open(name));
      payload.files_.emplace_back(name, std::move(file));
    }
    payload.Place(std::move(weights_sha256));
    return payload;
  }

  uint64_t size() const { return size_; }

  // Copies [offset, offset + target.size()). Errors as FileBytes::Read.
  absl::Status Copy(uint64_t offset, std::span<uint8_t> target) const {
    std::fill(target.begin(), target.end(), uint8_t{0});
    if (offset < head_.size()) {
      head_.copy(reinterpret_cast<char*>(target.data()), target.size(), offset);
    }
    for (size_t i = 0; i < files_.size(); ++i) {
      const Overlap part = OverlapOf(i, offset, target.size());
      if (part.from >= part.to) continue;
      SOTTO_RETURN_IF_ERROR(files_[i].second->Read(
          part.from - begins_[i], target.subspan(part.from - offset, part.to - part.from)));
    }
    return absl::OkStatus();
  }

  // Hashes what Copy gave, piece after piece from the start.
  void Hash(uint64_t offset, std::span<const uint8_t> copy) {
    for (size_t i = 0; i < files_.size(); ++i) {
      const auto [from, to] = OverlapOf(i, offset, copy.size());
      if (from < to) hashes_[i].Update(copy.subspan(from - offset, to - from));
    }
  }

  // After the last piece: DATA_LOSS unless the weights are still those that the directory names.
  absl::Status CheckHashes() {
    std::string listing, single;
    for (size_t i = 0; i < files_.size(); ++i) {
      const std::string& name = files_[i].first;
      if (!name.ends_with(".safetensors")) continue;
      single = hashes_[i].FinishHex();
      listing += StrCat(name, ":", single, "\n");
      if (name != kSingleWeightsName) single.clear();
    }
    if (weights_sha256_ == (single.empty() ? Sha256Hex(listing) : single)) return absl::OkStatus();
    return absl::DataLossError(StrCat(path_, ": the weights were changed while they were sealed"));
  }

 private:
  // Extents change the length of the directory, and its length the extents: the second round is
  // laid out behind room for the longest numbers.
  void Place(std::string weights_sha256) {
    weights_sha256_ = std::move(weights_sha256);
    hashes_.resize(files_.size());
    SealedDirectory directory{weights_sha256_, {}};
    for (const auto& [name, file] : files_) directory.files[name] = {~uint64_t{0}, ~uint64_t{0}};
    size_ = SerializeSealedDirectory(directory).size();
    for (const auto& [name, file] : files_) {
      begins_.push_back(size_);
      const uint64_t end = size_ + file->size();
      directory.files[name] = {size_, end};
      size_ = (end + kFileAlignment - 1) / kFileAlignment * kFileAlignment;
    }
    head_ = SerializeSealedDirectory(directory);
  }

  // Where file i meets [offset, offset + size) of the payload; from >= to: nowhere.
  struct Overlap {
    uint64_t from, to;
  };
  Overlap OverlapOf(size_t i, uint64_t offset, size_t size) const {
    const uint64_t end = begins_[i] + files_[i].second->size();
    return {std::max(begins_[i], offset), std::min(end, offset + size)};
  }

  std::string path_;  // Of the model.
  std::vector<std::pair<std::string, std::unique_ptr<FileBytes>>> files_;
  std::vector<uint64_t> begins_;  // Of each file, in the payload.
  std::vector<Sha256> hashes_;    // Of each file.
  std::string weights_sha256_;
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

// A chunk a thread at a time: copied, hashed in order, sealed and written. The copy is all that is
// looked at, so that the digest in the directory is that of the bytes that are written.
absl::StatusOr<std::vector<Hash256>> WriteChunks(Payload& payload, const SealedHeader& header,
                                                 const ChunkCrypter& crypter, AtomicFile& file,
                                                 ThreadPool& pool) {
  std::vector<Hash256> table(header.chunk_count);
  std::vector<std::vector<uint8_t>> chunks(pool.threads());
  std::vector<absl::Status> copied(pool.threads()), written(pool.threads());
  for (uint64_t first = 0; first < header.chunk_count; first += chunks.size()) {
    const size_t count = std::min<uint64_t>(chunks.size(), header.chunk_count - first);
    pool.ParallelFor(count, [&](size_t i, int) {
      chunks[i].resize(header.ChunkLength(first + i));
      copied[i] = payload.Copy((first + i) * header.chunk_bytes, chunks[i]);
    });
    for (const absl::Status& status : copied) SOTTO_RETURN_IF_ERROR(status);
    for (size_t i = 0; i < count; ++i) payload.Hash((first + i) * header.chunk_bytes, chunks[i]);
    pool.ParallelFor(count, [&](size_t i, int) {
      table[first + i] = crypter.Seal(first + i, chunks[i]);
      written[i] = file.WriteAt(header.ChunkOffset(first + i), AsText(chunks[i]));
    });
    for (const absl::Status& status : written) SOTTO_RETURN_IF_ERROR(status);
  }
  SOTTO_RETURN_IF_ERROR(payload.CheckHashes());
  return table;
}

}  // namespace

absl::StatusOr<Hash256> SealModel(const std::string& model_dir, const std::string& out,
                                  const SealOptions& options, ThreadPool& pool) {
  SOTTO_ASSIGN_OR_RETURN(const Checkpoint checkpoint, Checkpoint::Open(model_dir));
  SOTTO_ASSIGN_OR_RETURN(std::string sha256, checkpoint.WeightsSha256(pool));
  SOTTO_ASSIGN_OR_RETURN(const std::unique_ptr<ModelFiles> model, OpenModelDirectory(model_dir));
  SOTTO_ASSIGN_OR_RETURN(Payload payload, Payload::Gather(*model, std::move(sha256)));
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
