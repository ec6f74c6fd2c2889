#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/strings.h"

namespace sotto {
namespace {

constexpr char kReaderGoneTag[] = "sotto/reader-gone";

// The size of an open regular file.
absl::StatusOr<size_t> RegularFileSize(int fd, const std::string& path) {
  struct stat info;
  if (fstat(fd, &info) != 0) return FileError(path, "cannot stat", errno);
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(StrCat(path, ": not a regular file"));
  }
  return static_cast<size_t>(info.st_size);
}

// What a file or a pipe gives, to its end or beyond the limit.
absl::StatusOr<std::string> ReadAll(int fd, const std::string& path, size_t limit_bytes) {
  constexpr size_t kPiece = size_t{1} << 16;
  std::string data;
  data.reserve(2 * kPiece);  // What is short, as a key is, is not copied about.
  while (data.size() <= limit_bytes) {
    const size_t done = data.size();
    data.resize(done + kPiece);
    const ssize_t n = read(fd, data.data() + done, kPiece);
    data.resize(done + static_cast<size_t>(std::max<ssize_t>(n, 0)));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FileError(path, "cannot read", errno);
    if (n == 0) return data;
  }
  return absl::InvalidArgumentError(
      StrCat(path, ": more than the limit of ", limit_bytes, " bytes"));
}

}  // namespace

bool IsReaderGone(const absl::Status& status) {
  return status.GetPayload(kReaderGoneTag).has_value();
}

absl::Status FileError(const std::string& path, std::string_view what, int error) {
  const std::string message = StrCat(path, ": ", what, ": ", std::strerror(error));
  if (error == EPIPE) {
    absl::Status status = absl::CancelledError(message);
    status.SetPayload(kReaderGoneTag, absl::Cord("1"));
    return status;
  }
  if (error == ENOENT || error == ENOTDIR) return absl::NotFoundError(message);
  if (error == EACCES || error == EPERM || error == EROFS) {
    return absl::PermissionDeniedError(message);
  }
  if (error == ENOSPC || error == EDQUOT || error == EFBIG || error == EIO)
    return absl::UnavailableError(message);
  return absl::InvalidArgumentError(message);
}

int OpenWithoutWaiting(const std::string& path) {
  return open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t limit_bytes) {
  const Descriptor fd(OpenWithoutWaiting(path));
  if (fd.get() < 0) return FileError(path, "cannot open", errno);
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
    if (n < 0) return FileError(path, "cannot read", errno);
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  data.resize(done);
  return data;
}

absl::StatusOr<std::string> ReadFileOrPipe(const std::string& path, size_t limit_bytes) {
  const std::optional<int> given = DescriptorOfPath(path);
  const Descriptor fd(given.has_value() ? fcntl(*given, F_DUPFD_CLOEXEC, 3)
                                        : open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (fd.get() < 0) return FileError(DisplayName(path), "cannot open", errno);
  struct stat info;
  if (fstat(fd.get(), &info) != 0) return FileError(DisplayName(path), "cannot stat", errno);
  if (S_ISCHR(info.st_mode) && isatty(fd.get()) == 0) {  // /dev/zero has no end.
    return absl::InvalidArgumentError(StrCat(DisplayName(path), ": neither a file nor a pipe"));
  }
  return ReadAll(fd.get(), DisplayName(path), limit_bytes);
}

absl::StatusOr<InputFile> InputFile::Open(const std::string& path) {
  InputFile file(path, Descriptor(OpenWithoutWaiting(path)));
  if (file.fd_.get() < 0) return FileError(path, "cannot open", errno);
  SOTTO_ASSIGN_OR_RETURN(file.size_, RegularFileSize(file.fd_.get(), path));
  return file;
}

absl::Status InputFile::Read(uint64_t offset, std::span<uint8_t> out) const {
  while (!out.empty()) {
    const ssize_t n = pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FileError(path_, "cannot read", errno);
    if (n == 0) {
      return absl::DataLossError(StrCat(path_, ": cut short while it was in use: byte ", offset,
                                        " of ", size_, " is missing"));
    }
    offset += static_cast<uint64_t>(n);
    out = out.subspan(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

}  // namespace sotto
