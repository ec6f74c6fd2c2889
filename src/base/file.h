// Files: whole reads, read-only maps, and writes that appear complete or not at all.
// Errors: NOT_FOUND, PERMISSION_DENIED, or INVALID_ARGUMENT / UNAVAILABLE for the rest; each
// message begins with the path and ends with the system's reason.
#ifndef SOTTO_BASE_FILE_H_
#define SOTTO_BASE_FILE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sotto {

// A descriptor for reading, or -1 with errno set. A pipe that nobody writes to would keep a plain
// open() waiting for ever, and a terminal could become the process's own; whether the file is of a
// kind that the caller reads is for fstat() to say.
int OpenWithoutWaiting(const std::string& path);

// The whole file. INVALID_ARGUMENT when it is longer than `limit_bytes` or not a regular file.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t limit_bytes = size_t{1} << 32);

// A read-only private map of a whole regular file; an empty file maps to an empty span.
class MappedFile {
 public:
  static absl::StatusOr<MappedFile> Open(const std::string& path);
  MappedFile() = default;
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  std::span<const uint8_t> bytes() const { return {data_, size_}; }
  // Gives back the page cache mapping of whole pages inside `part` (a span of bytes()); reading
  // them again is correct, and slow.
  void DropPages(std::span<const uint8_t> part) const;

 private:
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

// Writes to a temporary name beside `path` (mode 0600, then the umask's), renamed by Commit().
// Destroyed without Commit(), or stopped by a signal that base/temporary_files.h deals with, it
// leaves nothing behind. A short write or a full disk is an error.
// Symbolic links are followed. A device, pipe or terminal (/dev/stdout) cannot be renamed: it is
// written directly, in order, and what was written stays. A directory is INVALID_ARGUMENT.
class AtomicFile {
 public:
  static absl::StatusOr<AtomicFile> Create(const std::string& path);
  ~AtomicFile();
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;

  absl::Status Append(std::string_view data);
  // Overwrites at `offset`, within or beyond what was written (headers known last). Several threads
  // may call it at once, for ranges that do not overlap.
  absl::Status WriteAt(uint64_t offset, std::string_view data);
  // Makes the file at least `size_bytes` long, zero where nothing was written, and takes the space
  // on the disk where the file system can, so that a full one shows now: UNAVAILABLE.
  absl::Status Reserve(uint64_t size_bytes);
  // Flushes to the disk and renames. No call but the destructor may follow.
  absl::Status Commit();

 private:
  AtomicFile(std::string path, std::string temporary, int fd)
      : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd) {}

  std::string path_, temporary_;  // No temporary: written directly.
  bool renames() const { return !temporary_.empty(); }
  void RaiseEnd(uint64_t end);

  int fd_ = -1;
  std::atomic<uint64_t> end_ = 0;
};

// One-shot AtomicFile.
absl::Status WriteFileAtomically(const std::string& path, std::string_view data);

}  // namespace sotto

#endif  // SOTTO_BASE_FILE_H_
