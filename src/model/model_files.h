// The files of a model, wherever they live: a directory, or a sealed model in private memory.
#ifndef SOTTO_MODEL_MODEL_FILES_H_
#define SOTTO_MODEL_MODEL_FILES_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"

namespace sotto {

// The bytes of one file. Safe to share between threads.
class FileBytes {
 public:
  virtual ~FileBytes() = default;
  virtual uint64_t size() const = 0;
  // Copies bytes from `offset` on: each is looked at once here, and in the copy after that.
  // REQUIRES: they are within size(). DATA_LOSS, naming the file, when it was cut short since.
  virtual absl::Status Read(uint64_t offset, std::span<uint8_t> out) const = 0;
  // Gives back memory that holds [offset, offset + size), if any does; private memory is gone then
  // (see ModelFiles::keeps_dropped_pages).
  virtual void Drop(uint64_t offset, uint64_t size) const = 0;
};

class ModelFiles {
 public:
  virtual ~ModelFiles() = default;
  // The directory or the sealed file, as the caller named it: messages begin with it.
  virtual const std::string& path() const = 0;
  virtual bool Has(const std::string& name) const = 0;
  // Of all files, sorted.
  virtual std::vector<std::string> Names() const = 0;
  // NOT_FOUND, naming the file; otherwise errors as base/file.h.
  virtual absl::StatusOr<std::unique_ptr<FileBytes>> Open(const std::string& name) const = 0;
  // Whether dropped pages can be read again.
  virtual bool keeps_dropped_pages() const = 0;
  // What a sealed model says that WeightsSha256 of the original directory is: whoever made the file
  // may have written anything. Nothing for a directory.
  virtual std::optional<std::string> claimed_weights_sha256() const = 0;
  // Whether this was opened with the root it had to have, so that what it says of itself is as good
  // as the root.
  virtual bool root_is_pinned() const = 0;

  // The whole file as text. INVALID_ARGUMENT when it is longer than `limit_bytes`, DATA_LOSS when
  // it is a placeholder (foreign_files.h); else errors as Open() and Read().
  absl::StatusOr<std::string> ReadText(const std::string& name, size_t limit_bytes) const;
};

// NOT_FOUND when nothing is at `directory`, INVALID_ARGUMENT when something else is.
absl::StatusOr<std::unique_ptr<ModelFiles>> OpenModelDirectory(const std::string& directory);

}  // namespace sotto

#endif  // SOTTO_MODEL_MODEL_FILES_H_
