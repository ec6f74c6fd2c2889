#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "base/memory.h"
#include "base/strings.h"
#include "base/temporary_files.h"

namespace sotto {
namespace {

absl::Status SystemError(const std::string& path, std::string_view what, int error) {
  const std::string message = StrCat(path, ": ", what, ": ", std::strerror(error));
  if (error == ENOENT || error == ENOTDIR) return absl::NotFoundError(message);
  if (error == EACCES || error == EPERM || error == EROFS) {
    return absl::PermissionDeniedError(message);
  }
  if (error == ENOSPC || error == EDQUOT || error == EFBIG || error == EIO)
    return absl::UnavailableError(message);
  return absl::InvalidArgumentError(message);
}

// Closes on destruction.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// The size of an open regular file.
absl::StatusOr<size_t> RegularFileSize(int fd, const std::string& path) {
  struct stat info;
  if (fstat(fd, &info) != 0) return SystemError(path, "cannot stat", errno);
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(StrCat(path, ": not a regular file"));
  }
  return static_cast<size_t>(info.st_size);
}

// At `offset`, or, without one, where the last write ended.
absl::Status WriteFully(int fd, std::optional<uint64_t> offset, std::string_view data,
                        const std::string& path) {
  while (!data.empty()) {
    const ssize_t n = offset.has_value()
                          ? pwrite(fd, data.data(), data.size(), static_cast<off_t>(*offset))
                          : write(fd, data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(path, "cannot write", errno);
    if (offset.has_value()) *offset += static_cast<uint64_t>(n);
    data.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

// The file that a path of an existing one leads to.
std::string TargetOfLinks(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> target(realpath(path.c_str(), nullptr),
                                                           &std::free);
  return target == nullptr ? path : target.get();
}

mode_t UmaskMode() {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

}  // namespace

int OpenWithoutWaiting(const std::string& path) {
  return open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t limit_bytes) {
  const Descriptor fd(OpenWithoutWaiting(path));
  if (fd.get() < 0) return SystemError(path, "cannot open", errno);
  SOTTO_ASSIGN_OR_RETURN(const size_t size, RegularFileSize(fd.get(), path));
  if (size > limit_bytes) {
    return absl::InvalidArgumentError(
        StrCat(path, ": ", size, " bytes, more than the limit of ", limit_bytes));
  }
  std::string data(size, '\0');
  size_t done = 0;
  while (done < size) {
    const ssize_t n = read(fd.get(), data.data() + done, size - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(path, "cannot read", errno);
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  data.resize(done);
  return data;
}

absl::StatusOr<MappedFile> MappedFile::Open(const std::string& path) {
  const Descriptor fd(OpenWithoutWaiting(path));
  if (fd.get() < 0) return SystemError(path, "cannot open", errno);
  SOTTO_ASSIGN_OR_RETURN(const size_t size, RegularFileSize(fd.get(), path));
  MappedFile file;
  if (size == 0) return file;
  void* p = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (p == MAP_FAILED) return SystemError(path, "cannot map", errno);
  file.data_ = static_cast<uint8_t*>(p);
  file.size_ = size;
  return file;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(data_, size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

void MappedFile::DropPages(std::span<const uint8_t> part) const { DropWholePages(data_, part); }

absl::StatusOr<AtomicFile> AtomicFile::Create(const std::string& path) {
  struct stat info;
  const bool exists = stat(path.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) {
    return absl::InvalidArgumentError(StrCat(path, ": is a directory"));
  }
  if (exists && !S_ISREG(info.st_mode)) {
    const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return SystemError(path, "cannot open for writing", errno);
    return AtomicFile(path, "", fd);
  }
  std::string target = exists ? TargetOfLinks(path) : path;
  std::string temporary = StrCat(target, ".tmpXXXXXX");
  const int fd = CreateTemporaryFile(temporary);
  if (fd < 0) return SystemError(path, "cannot create", errno);
  return AtomicFile(std::move(target), std::move(temporary), fd);
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  close(fd_);
  if (!renames()) return;
  unlink(temporary_.c_str());
  ForgetTemporary(temporary_);
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)),
      fd_(std::exchange(other.fd_, -1)),
      end_(other.end_.load()) {}

absl::Status AtomicFile::Append(std::string_view data) { return WriteAt(end_, data); }

void AtomicFile::RaiseEnd(uint64_t end) {
  uint64_t known = end_.load();
  while (known < end && !end_.compare_exchange_weak(known, end)) {
  }
}

absl::Status AtomicFile::WriteAt(uint64_t offset, std::string_view data) {
  if (!renames() && offset != end_) {
    return absl::InvalidArgumentError(
        StrCat(path_, ": not a regular file, can only be appended to"));
  }
  SOTTO_RETURN_IF_ERROR(
      WriteFully(fd_, renames() ? std::optional(offset) : std::nullopt, data, path_));
  RaiseEnd(offset + data.size());
  return absl::OkStatus();
}

absl::Status AtomicFile::Reserve(uint64_t size_bytes) {
  if (!renames() || size_bytes <= end_) return absl::OkStatus();
  const auto size = static_cast<off_t>(size_bytes);
  int error = fallocate(fd_, 0, 0, size) == 0 ? 0 : errno;
  // Not every file system allocates (NFS, the one inside an enclave): then the length alone.
  if (error == EOPNOTSUPP || error == ENOSYS || error == EINVAL) {
    error = ftruncate(fd_, size) == 0 ? 0 : errno;
  }
  if (error != 0) {
    return SystemError(path_, StrCat("cannot reserve ", size_bytes, " bytes"), error);
  }
  RaiseEnd(size_bytes);
  return absl::OkStatus();
}

absl::Status AtomicFile::Commit() {
  if (!renames()) return absl::OkStatus();
  if (fchmod(fd_, UmaskMode()) != 0) return SystemError(path_, "cannot set mode", errno);
  if (fsync(fd_) != 0) return SystemError(path_, "cannot flush", errno);
  if (!RenameTemporary(temporary_, path_)) {
    return SystemError(path_, "cannot rename into place", errno);
  }
  close(std::exchange(fd_, -1));
  return absl::OkStatus();
}

absl::Status WriteFileAtomically(const std::string& path, std::string_view data) {
  SOTTO_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  SOTTO_RETURN_IF_ERROR(file.Append(data));
  return file.Commit();
}

}  // namespace sotto
