// A directory that appears under its name complete, or not at all.
#ifndef SOTTO_MODEL_TEMPORARY_DIRECTORY_H_
#define SOTTO_MODEL_TEMPORARY_DIRECTORY_H_

#include <string>

#include "base/descriptor.h"
#include "base/status.h"

namespace sotto {

// Destroyed before RenameTo() succeeded, or stopped by a signal that base/temporary_files.h deals
// with, it is removed with all it holds; after SIGKILL, by the next CreateFor() the same target. It
// may hold files, no directories.
class TemporaryDirectory {
 public:
  // Beside `target`, so that the rename stays within one file system. Errors as base/file.h.
  static absl::StatusOr<TemporaryDirectory> CreateFor(const std::string& target);
  ~TemporaryDirectory();
  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;

  const std::string& path() const { return path_; }
  // FAILED_PRECONDITION when `target` exists and is not an empty directory. One that is empty keeps
  // its mode; else it is the umask's.
  absl::Status RenameTo(const std::string& target);

 private:
  TemporaryDirectory(std::string path, int fd) : path_(std::move(path)), in_use_(fd) {}
  std::string path_;
  Descriptor in_use_;  // Marks it.
};

}  // namespace sotto

#endif  // SOTTO_MODEL_TEMPORARY_DIRECTORY_H_
