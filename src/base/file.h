// Files: whole reads, reads by offset, and writes that appear complete or not at all.
// Errors: NOT_FOUND, PERMISSION_DENIED, or INVALID_ARGUMENT / UNAVAILABLE for the rest; each
// message begins with the path and ends with the system's reason.
#ifndef SOTTO_BASE_FILE_H_
#define SOTTO_BASE_FILE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/descriptor.h"
#include "base/status.h"

namespace sotto {

// A descriptor for reading, or -1 with errno set. A pipe that nobody writes to would keep a plain
// open() waiting for ever, and a terminal could become the process's own; whether the file is of a
// kind that the caller reads is for fstat() to say.
int OpenWithoutWaiting(const std::string& path);
// The Status of a system call on a file that failed with errno `error`; CANCELLED for EPIPE.
absl::Status FileError(const std::string& path, std::string_view what, int error);
// Whether it is that of writing to a pipe that nobody reads any more.
bool IsReaderGone(const absl::Status& status);

// The whole file. INVALID_ARGUMENT when it is longer than `limit_bytes` or not a regular file.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t limit_bytes = size_t{1} << 32);

// The same, and until its end a pipe, socket, terminal or descriptor (/dev/stdin, /dev/fd/N).
absl::StatusOr<std::string> ReadFileOrPipe(const std::string& path,
                                           size_t limit_bytes = size_t{1} << 32);

// The descriptor that /dev/stdin, /dev/stdout, /dev/stderr, /dev/fd/N or /proc/self/fd/N names.
// Opening such a path again would start a file anew, and fails for a socket.
std::optional<int> DescriptorOfPath(std::string_view path);
// The path that symbolic links at the end of `path` lead to, whether or not something is there.
std::string FollowLinks(const std::string& path);
// What to call a path in a message: "standard input" for /dev/stdin, and so on.
std::string DisplayName(const std::string& path);

// A regular file that is read by offset and never mapped: a mapped page that a file no longer
// reaches, since somebody cut it short, ends the process with SIGBUS. Thread-safe.
class InputFile {
 public:
  static absl::StatusOr<InputFile> Open(const std::string& path);

  const std::string& path() const { return path_; }
  uint64_t size() const { return size_; }  // When it was opened.
  // Fills `out` with what the file holds from `offset` on. DATA_LOSS when it ends before that.
  absl::Status Read(uint64_t offset, std::span<uint8_t> out) const;

 private:
  InputFile(std::string path, Descriptor fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::string path_;
  Descriptor fd_;
  uint64_t size_ = 0;
};

struct AtomicFileOptions {
  // A new file is its owner's alone (0600), as what holds prompts must be; else the umask's.
  bool owner_only = false;
};

// Writes to a file without a name, or, where the system has none such (Gramine), with a temporary
// one beside `path`; Commit() gives it its name. Destroyed without Commit(), it leaves nothing
// behind, nor does a program that is killed: but for temporary names, which signals that
// base/temporary_files.h deals with remove at once, and the next Create() for the same path after
// SIGKILL. A short write or a full disk is an error.
// Rewriting a file keeps its mode, and its owner and group where that is allowed; where it is not,
// the group loses its access.
// Symbolic links are followed, also to where there is no file yet. A device, pipe, terminal or
// descriptor (/dev/stdout, /dev/fd/N) cannot be renamed: it is written directly, in order, and what
// was written stays; CANCELLED, IsReaderGone(), once nobody reads it any more. A directory is
// INVALID_ARGUMENT.
class AtomicFile {
 public:
  static absl::StatusOr<AtomicFile> Create(const std::string& path,
                                           const AtomicFileOptions& options = {});
  ~AtomicFile();
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;

  // Whether it is written directly: in order only.
  bool direct() const { return target_.naming == Naming::kNone; }

  absl::Status Append(std::string_view data);
  // Overwrites at `offset`, within or beyond what was written (headers known last). Several threads
  // may call it at once, for ranges that do not overlap.
  absl::Status WriteAt(uint64_t offset, std::string_view data);
  // Makes the file at least `size_bytes` long, zero where nothing was written, and takes the space
  // on the disk where the file system can, so that a full one shows now: UNAVAILABLE.
  absl::Status Reserve(uint64_t size_bytes);
  // Flushes to the disk and names. No call but the destructor may follow.
  absl::Status Commit();

 private:
  // How it gets its name: not at all, by a link, or from a temporary name.
  enum class Naming { kNone, kLink, kRename };
  struct Target {
    std::string path;
    Naming naming = Naming::kNone;
    std::string temporary = {};  // kRename.
    uint32_t mode = 0;
  };
  AtomicFile(Target target, int fd) : target_(std::move(target)), fd_(fd) {}
  static absl::StatusOr<AtomicFile> CreateDirect(const std::string& path);
  static absl::StatusOr<AtomicFile> CreateNew(Target target);

  bool GiveName();
  void RaiseEnd(uint64_t end);

  Target target_;
  int fd_ = -1;
  std::atomic<uint64_t> end_ = 0;
};

// One-shot AtomicFile.
absl::Status WriteFileAtomically(const std::string& path, std::string_view data,
                                 const AtomicFileOptions& options = {});

}  // namespace sotto

#endif  // SOTTO_BASE_FILE_H_
