// Sealed models: a model in one file that a hostile host may hold (docs/sealed_model.md).
#ifndef SOTTO_MODEL_SEALED_MODEL_H_
#define SOTTO_MODEL_SEALED_MODEL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/status.h"
#include "base/thread_pool.h"
#include "model/checkpoint.h"
#include "model/model_files.h"
#include "model/sealed_format.h"

namespace sotto {

struct SealOptions {
  std::string key_file;  // Empty: authenticated, not encrypted.
  uint32_t chunk_bytes = kSealedChunkBytes;
};

// Writes config.json, the weights and, where there is one, tokenizer.json of `model_dir` to `out`,
// which appears whole or not at all, and returns the root to pin. The model is opened first, with
// every check of Checkpoint::Open. Without a key the same model gives the same file.
absl::StatusOr<Hash256> SealModel(const std::string& model_dir, const std::string& out,
                                  const SealOptions& options, ThreadPool& pool);

struct UnsealOptions {
  std::string key_file;  // Needed when the file is encrypted, or `key`.
  // What the file's root must be; without it any whole file passes.
  std::optional<Hash256> root = std::nullopt;
  std::span<const uint8_t> key = {};  // The caller's, kSealKeyBytes; empty: none.
};

// Reads every byte of the file once, into memory that only this process can change, and checks it
// there, on all of the pool's threads; so the file may change at any moment, and what is returned
// is what was sealed or nothing. DATA_LOSS naming the chunk that was altered, moved, repeated,
// replaced by an older one or is missing; PERMISSION_DENIED when the file is not the pinned one;
// FAILED_PRECONDITION for a missing or unwanted key.
absl::StatusOr<std::unique_ptr<ModelFiles>> OpenSealedFiles(const std::string& path,
                                                            const UnsealOptions& options,
                                                            ThreadPool& pool);

// The root that the file's header names, which nothing has been checked against: to open the file
// with it is to check. Errors as OpenSealedFiles.
absl::StatusOr<Hash256> ReadSealedRoot(const std::string& path);

// Whether `path` is a regular file, as a sealed model is, and not a directory.
bool IsSealedModelPath(const std::string& path);

// A checkpoint from a directory or from a sealed model, whichever `path` is. For a directory,
// `options` must be empty: FAILED_PRECONDITION, since nothing there could be pinned. Without a
// root, the weights of a sealed model are hashed here: DATA_LOSS when they are not what it claims.
absl::StatusOr<Checkpoint> OpenModel(const std::string& path, const UnsealOptions& options,
                                     ThreadPool& pool);

}  // namespace sotto

#endif  // SOTTO_MODEL_SEALED_MODEL_H_
