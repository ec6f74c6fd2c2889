#include "cli/result_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/strings.h"

namespace sotto {
namespace {

constexpr mode_t kOwnersAlone = 0600;

// A pipe or device is not opened for reading: a pipe would then have a reader.
int OpenForResults(const std::string& path, bool& created) {
  struct stat info;
  const bool exists = stat(path.c_str(), &info) == 0;
  created = !exists;
  return exists && !S_ISREG(info.st_mode)
             ? open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY)
             : open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, kOwnersAlone);
}

}  // namespace

absl::StatusOr<ResultFile> ResultFile::Open(const std::string& path) {
  const std::optional<int> given = DescriptorOfPath(path);
  bool created = false;
  ResultFile file(DisplayName(path),
                  Descriptor(given.has_value() ? fcntl(*given, F_DUPFD_CLOEXEC, 3)
                                               : OpenForResults(path, created)));
  const int fd = file.fd_.get();
  if (fd < 0) return FileError(file.name_, "cannot open for writing", errno);
  struct stat info;
  if (fstat(fd, &info) != 0) return FileError(file.name_, "cannot stat", errno);
  if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY) {
    return absl::InvalidArgumentError(StrCat(file.name_, ": is not open for writing"));
  }
  file.regular_ = S_ISREG(info.st_mode) && !given.has_value();
  if (!file.regular_) return file;
  if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return absl::FailedPreconditionError(StrCat(file.name_, ": another process is writing to it"));
  }
  file.size_bytes_ = static_cast<uint64_t>(info.st_size);
  if (created && info.st_size == 0) file.created_ = FollowLinks(path);
  return file;
}

ResultFile::ResultFile(ResultFile&& other) noexcept
    : name_(std::move(other.name_)),
      fd_(std::move(other.fd_)),
      regular_(other.regular_),
      created_(std::exchange(other.created_, "")),
      size_bytes_(other.size_bytes_) {}

// Under its lock still.
ResultFile::~ResultFile() {
  if (!created_.empty()) unlink(created_.c_str());
}

absl::Status ResultFile::StartAt(uint64_t offset) {
  if (!regular_) return absl::OkStatus();
  const auto size = static_cast<off_t>(offset);
  if (ftruncate(fd_.get(), size) != 0) return FileError(name_, "cannot truncate", errno);
  if (lseek(fd_.get(), size, SEEK_SET) != size) return FileError(name_, "cannot seek", errno);
  size_bytes_ = offset;
  created_.clear();
  return absl::OkStatus();
}

absl::Status ResultFile::Append(std::string_view data) {
  size_bytes_ += data.size();
  while (!data.empty()) {
    const ssize_t n = write(fd_.get(), data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FileError(name_, "cannot write", errno);
    data.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

absl::Status ResultFile::Finish() {
  if (regular_ && fsync(fd_.get()) != 0) return FileError(name_, "cannot flush", errno);
  return absl::OkStatus();
}

}  // namespace sotto
