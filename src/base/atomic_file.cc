#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/descriptor.h"
#include "base/file.h"
#include "base/stale_temporaries.h"
#include "base/strings.h"
#include "base/temporary_files.h"
#include "base/unnamed_file.h"

namespace sotto {
namespace {

// At `offset`, or, without one, where the last write ended.
absl::Status WriteFully(int fd, std::optional<uint64_t> offset, std::string_view data,
                        const std::string& path) {
  while (!data.empty()) {
    const ssize_t n = offset.has_value()
                          ? pwrite(fd, data.data(), data.size(), static_cast<off_t>(*offset))
                          : write(fd, data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FileError(path, "cannot write", errno);
    if (offset.has_value()) *offset += static_cast<uint64_t>(n);
    data.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

std::string DirectoryOf(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent.native();
}

mode_t UmaskMode() {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

// Owner and group of the file to be replaced, where we may; returns the mode that then lets in
// nobody new.
uint32_t TakeOwnership(int fd, const struct stat& old) {
  constexpr mode_t kPermissions = 0777;
  const uint32_t mode = old.st_mode & kPermissions;
  struct stat now;
  if (fstat(fd, &now) == 0 && now.st_uid == old.st_uid && now.st_gid == old.st_gid) return mode;
  return fchown(fd, old.st_uid, old.st_gid) == 0 ? mode : mode & ~static_cast<uint32_t>(S_IRWXG);
}

}  // namespace

absl::StatusOr<AtomicFile> AtomicFile::Create(const std::string& path,
                                              const AtomicFileOptions& options) {
  struct stat info;
  const bool exists = stat(path.c_str(), &info) == 0;
  // Links that lead in a circle: as for everybody who opens the path, not a file to be replaced.
  if (!exists && errno == ELOOP) return FileError(path, "cannot open for writing", ELOOP);
  if (exists && S_ISDIR(info.st_mode)) {
    return absl::InvalidArgumentError(StrCat(path, ": is a directory"));
  }
  if (DescriptorOfPath(path).has_value() || (exists && !S_ISREG(info.st_mode))) {
    return CreateDirect(path);
  }
  SOTTO_ASSIGN_OR_RETURN(AtomicFile file, CreateNew({FollowLinks(path)}));
  constexpr mode_t kOwnerOnly = 0600;
  file.target_.mode = exists               ? TakeOwnership(file.fd_, info)
                      : options.owner_only ? kOwnerOnly
                                           : UmaskMode();
  return file;
}

absl::StatusOr<AtomicFile> AtomicFile::CreateDirect(const std::string& path) {
  const std::optional<int> given = DescriptorOfPath(path);
  Descriptor file(given.has_value() ? fcntl(*given, F_DUPFD_CLOEXEC, 3)
                                    : open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  const std::string name = DisplayName(path);
  if (file.get() < 0) return FileError(name, "cannot open for writing", errno);
  if ((fcntl(file.get(), F_GETFL) & O_ACCMODE) == O_RDONLY) {
    return absl::InvalidArgumentError(StrCat(name, ": is not open for writing"));
  }
  return AtomicFile({.path = name}, file.Release());
}

absl::StatusOr<AtomicFile> AtomicFile::CreateNew(Target target) {
  RemoveStaleTemporaries(target.path);
  target.naming = Naming::kLink;
  Descriptor file(OpenUnnamedFile(DirectoryOf(target.path)));
  if (file.get() < 0) {
    target.naming = Naming::kRename;
    target.temporary = TemporaryPattern(target.path);
    const int fd = CreateTemporaryFile(target.temporary);
    if (fd < 0) return FileError(target.path, "cannot create", errno);
    return AtomicFile(std::move(target), fd);
  }
  return AtomicFile(std::move(target), file.Release());
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  if (target_.naming == Naming::kRename) {
    unlink(target_.temporary.c_str());
    ForgetTemporary(target_.temporary);
  }
  close(fd_);  // And with it the mark that it is in use.
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : target_(std::move(other.target_)),
      fd_(std::exchange(other.fd_, -1)),
      end_(other.end_.load()) {}

absl::Status AtomicFile::Append(std::string_view data) { return WriteAt(end_, data); }

void AtomicFile::RaiseEnd(uint64_t end) {
  uint64_t known = end_.load();
  while (known < end && !end_.compare_exchange_weak(known, end)) {
  }
}

absl::Status AtomicFile::WriteAt(uint64_t offset, std::string_view data) {
  if (direct() && offset != end_) {
    return absl::InvalidArgumentError(
        StrCat(target_.path, ": not a regular file, so it can only be appended to"));
  }
  SOTTO_RETURN_IF_ERROR(
      WriteFully(fd_, direct() ? std::nullopt : std::optional(offset), data, target_.path));
  RaiseEnd(offset + data.size());
  return absl::OkStatus();
}

absl::Status AtomicFile::Reserve(uint64_t size_bytes) {
  if (direct() || size_bytes <= end_) return absl::OkStatus();
  const auto size = static_cast<off_t>(size_bytes);
  int error = fallocate(fd_, 0, 0, size) == 0 ? 0 : errno;
  // Not every file system allocates (NFS, the one inside an enclave): then the length alone.
  if (error == EOPNOTSUPP || error == ENOSYS || error == EINVAL) {
    error = ftruncate(fd_, size) == 0 ? 0 : errno;
  }
  if (error != 0) {
    return FileError(target_.path, StrCat("cannot reserve ", size_bytes, " bytes"), error);
  }
  RaiseEnd(size_bytes);
  return absl::OkStatus();
}

// A link takes a name only where there is no file: else by way of a temporary name.
bool AtomicFile::GiveName() {
  if (target_.naming == Naming::kLink) {
    if (LinkUnnamedFile(fd_, target_.path)) return true;
    if (errno != EEXIST) return false;
    std::string temporary = TemporaryPattern(target_.path);
    if (!LinkTemporary(fd_, temporary)) return false;
    target_.naming = Naming::kRename;
    target_.temporary = std::move(temporary);
  }
  return RenameTemporary(target_.temporary, target_.path);
}

absl::Status AtomicFile::Commit() {
  if (direct()) return absl::OkStatus();
  if (fchmod(fd_, target_.mode) != 0) return FileError(target_.path, "cannot set mode", errno);
  if (fsync(fd_) != 0) return FileError(target_.path, "cannot flush", errno);
  if (!GiveName()) return FileError(target_.path, "cannot rename into place", errno);
  close(std::exchange(fd_, -1));
  return absl::OkStatus();
}

absl::Status WriteFileAtomically(const std::string& path, std::string_view data,
                                 const AtomicFileOptions& options) {
  SOTTO_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path, options));
  SOTTO_RETURN_IF_ERROR(file.Append(data));
  return file.Commit();
}

}  // namespace sotto
