// A file of results that grows line by line, and that a later run may go on with.
#ifndef SOTTO_CLI_RESULT_FILE_H_
#define SOTTO_CLI_RESULT_FILE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/descriptor.h"
#include "base/status.h"

namespace sotto {

// Written where it is, so that what is there survives however the process ends: whole lines, and
// perhaps the beginning of one. A new file is its owner's alone (0600), and is removed again where
// nothing was started; an existing one keeps its mode. A device, pipe or descriptor (/dev/stdout)
// is only ever appended to. While it is open, another process that opens it gets
// FAILED_PRECONDITION (where the file system has locks).
class ResultFile {
 public:
  // What is there stays until StartAt(). Errors as base/file.h.
  static absl::StatusOr<ResultFile> Open(const std::string& path);
  ~ResultFile();
  ResultFile(ResultFile&& other) noexcept;

  // A regular file, whose lines can be taken up again.
  bool regular() const { return regular_; }
  uint64_t size_bytes() const { return size_bytes_; }  // When it was opened, and as it grows.

  // Cuts what is behind `offset` off; Append() goes on there. Nothing on what is not regular.
  absl::Status StartAt(uint64_t offset);
  // CANCELLED, IsReaderGone(), once nobody reads a pipe any more.
  absl::Status Append(std::string_view data);
  // Flushes to the disk, whose errors may show only then.
  absl::Status Finish();

 private:
  ResultFile(std::string name, Descriptor fd) : name_(std::move(name)), fd_(std::move(fd)) {}

  std::string name_;
  Descriptor fd_;
  bool regular_ = false;
  std::string created_ = {};  // Its path, while it is new and nothing was started.
  uint64_t size_bytes_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_CLI_RESULT_FILE_H_
