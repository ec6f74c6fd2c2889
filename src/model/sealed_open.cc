#include <algorithm>
#include <atomic>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/loading.h"
#include "base/strings.h"
#include "model/damaged.h"
#include "model/printable.h"
#include "model/private_memory.h"
#include "model/sealed_chunk.h"
#include "model/sealed_directory.h"
#include "model/sealed_model.h"

namespace sotto {
namespace {

struct Trusted {  // What the root vouches for.
  SealedHeader header;
  std::vector<Hash256> table;
};

absl::StatusOr<SealedHeader> ReadHeader(const InputFile& file, const std::string& path) {
  uint8_t bytes[kSealedHeaderBytes] = {};
  if (file.size() < sizeof bytes || !file.Read(0, bytes).ok()) {
    return Damaged(path, "too short for a sealed model's header");
  }
  return ParseSealedHeader(bytes, file.size(), path);
}

absl::StatusOr<Trusted> ReadTrustedTable(const InputFile& file, const std::string& path,
                                         const std::optional<Hash256>& pinned) {
  Trusted trusted;
  SOTTO_ASSIGN_OR_RETURN(trusted.header, ReadHeader(file, path));
  if (pinned && *pinned != trusted.header.root) {
    return absl::PermissionDeniedError(StrCat(path, ": its root is ",
                                              HashToHex(trusted.header.root), ", not the pinned ",
                                              HashToHex(*pinned)));
  }
  trusted.table.resize(trusted.header.chunk_count);
  uint8_t* table = trusted.table.front().data();
  if (!file.Read(kSealedHeaderBytes, {table, trusted.header.table_bytes()}).ok()) {
    return Damaged(path, "truncated within the chunk table");
  }
  if (SealedRoot(trusted.header, trusted.table) != trusted.header.root) {
    return Damaged(path, "the header or the chunk table is not what the root vouches for");
  }
  return trusted;
}

absl::StatusOr<SecretBuffer> KeyFor(const SealedHeader& header, const UnsealOptions& options,
                                    const std::string& path) {
  const bool encrypted = header.cipher != SealedCipher::kNone;
  const bool given = !options.key_file.empty() || !options.key.empty();
  if (encrypted && !given) {
    return absl::FailedPreconditionError(
        StrCat("key_file: required, because ", path, " is encrypted"));
  }
  if (!encrypted && given) {
    return absl::FailedPreconditionError(
        StrCat("key_file: ", path, " is not encrypted; is this the right file?"));
  }
  if (!encrypted) return SecretBuffer();
  if (options.key.empty()) return ReadKeyFile(options.key_file);
  if (options.key.size() != kSealKeyBytes) {
    return absl::InvalidArgumentError(StrCat("key: must be ", kSealKeyBytes, " bytes"));
  }
  SecretBuffer key(kSealKeyBytes);
  std::copy(options.key.begin(), options.key.end(), key.span().begin());
  return key;
}

// Reads and checks every chunk; the lowest bad one is reported.
absl::StatusOr<PrivateMemory> ReadChunks(const InputFile& file, const std::string& path,
                                         const Trusted& trusted, const ChunkCrypter& crypter,
                                         ThreadPool& pool) {
  const SealedHeader& header = trusted.header;
  SOTTO_ASSIGN_OR_RETURN(PrivateMemory payload, PrivateMemory::Allocate(header.payload_bytes));
  std::atomic<uint64_t> first_bad = header.chunk_count, done = 0;
  pool.ParallelFor(header.chunk_count, [&](size_t i, int) {
    const std::span<uint8_t> chunk =
        payload.span().subspan(i * header.chunk_bytes, header.ChunkLength(i));
    ReportLoading("verifying the sealed model", done++, header.chunk_count);
    if (file.Read(header.ChunkOffset(i), chunk).ok() && crypter.Open(i, trusted.table[i], chunk)) {
      return;
    }
    uint64_t known = first_bad;
    while (i < known && !first_bad.compare_exchange_weak(known, i)) {
    }
  });
  if (first_bad == header.chunk_count) return payload;
  return Damaged(path, StrCat("chunk ", first_bad.load(), " of ", header.chunk_count,
                              " is not the one that was sealed (altered, moved, or of another "
                              "version or key)"));
}

class SealedFileBytes : public FileBytes {
 public:
  SealedFileBytes(std::shared_ptr<const PrivateMemory> payload, SealedDirectory::Extent extent)
      : payload_(std::move(payload)), extent_(extent) {}
  uint64_t size() const override { return extent_.end - extent_.begin; }
  absl::Status Read(uint64_t offset, std::span<uint8_t> out) const override {
    const auto part = bytes().subspan(offset, out.size());
    std::copy(part.begin(), part.end(), out.begin());
    return absl::OkStatus();
  }
  void Drop(uint64_t offset, uint64_t size) const override {
    payload_->Drop(bytes().subspan(offset, size));
  }

 private:
  std::span<const uint8_t> bytes() const {
    return payload_->span().subspan(extent_.begin, extent_.end - extent_.begin);
  }

  std::shared_ptr<const PrivateMemory> payload_;
  SealedDirectory::Extent extent_;
};

class SealedFiles : public ModelFiles {
 public:
  SealedFiles(std::string path, bool root_is_pinned, SealedDirectory directory,
              PrivateMemory payload)
      : path_(std::move(path)),
        root_is_pinned_(root_is_pinned),
        directory_(std::move(directory)),
        payload_(std::make_shared<const PrivateMemory>(std::move(payload))) {}

  const std::string& path() const override { return path_; }
  bool Has(const std::string& name) const override { return directory_.files.contains(name); }
  std::vector<std::string> Names() const override {
    std::vector<std::string> names;
    for (const auto& [name, extent] : directory_.files) names.push_back(name);
    return names;
  }
  absl::StatusOr<std::unique_ptr<FileBytes>> Open(const std::string& name) const override {
    const auto it = directory_.files.find(name);
    if (it == directory_.files.end()) {
      return absl::NotFoundError(StrCat(path_, ": holds no file ", Printable(name)));
    }
    return std::make_unique<SealedFileBytes>(payload_, it->second);
  }
  bool keeps_dropped_pages() const override { return false; }
  std::optional<std::string> claimed_weights_sha256() const override {
    return directory_.weights_sha256;
  }
  bool root_is_pinned() const override { return root_is_pinned_; }

 private:
  std::string path_;
  bool root_is_pinned_;
  SealedDirectory directory_;
  std::shared_ptr<const PrivateMemory> payload_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ModelFiles>> OpenSealedFiles(const std::string& path,
                                                            const UnsealOptions& options,
                                                            ThreadPool& pool) {
  SOTTO_ASSIGN_OR_RETURN(const InputFile file, InputFile::Open(path));
  SOTTO_ASSIGN_OR_RETURN(const Trusted trusted, ReadTrustedTable(file, path, options.root));
  SOTTO_ASSIGN_OR_RETURN(const SecretBuffer key, KeyFor(trusted.header, options, path));
  const ChunkCrypter crypter(trusted.header, key);
  SOTTO_ASSIGN_OR_RETURN(PrivateMemory payload, ReadChunks(file, path, trusted, crypter, pool));
  SOTTO_ASSIGN_OR_RETURN(SealedDirectory directory, ParseSealedDirectory(payload.span(), path));
  return std::make_unique<SealedFiles>(path, options.root.has_value(), std::move(directory),
                                       std::move(payload));
}

absl::StatusOr<Hash256> ReadSealedRoot(const std::string& path) {
  SOTTO_ASSIGN_OR_RETURN(const InputFile file, InputFile::Open(path));
  SOTTO_ASSIGN_OR_RETURN(const SealedHeader header, ReadHeader(file, path));
  return header.root;
}

bool IsSealedModelPath(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

absl::StatusOr<Checkpoint> OpenModel(const std::string& path, const UnsealOptions& options,
                                     ThreadPool& pool) {
  if (!IsSealedModelPath(path)) {
    if (options.root || !options.key_file.empty() || !options.key.empty()) {
      return absl::FailedPreconditionError(StrCat(options.root ? "sealed_root" : "key_file", ": ",
                                                  path, " is not a sealed model, a single file"));
    }
    return Checkpoint::Open(path);
  }
  SOTTO_ASSIGN_OR_RETURN(std::unique_ptr<ModelFiles> files, OpenSealedFiles(path, options, pool));
  SOTTO_ASSIGN_OR_RETURN(Checkpoint checkpoint, Checkpoint::FromFiles(std::move(files)));
  // While nothing is dropped: without a root the file's own word for its digest is worth nothing.
  if (!options.root) SOTTO_RETURN_IF_ERROR(checkpoint.HashWeights(pool).status());
  return checkpoint;
}

}  // namespace sotto
