#include "model/temporary_directory.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/stale_temporaries.h"
#include "base/strings.h"
#include "base/temporary_files.h"

namespace sotto {

namespace fs = std::filesystem;

namespace {

fs::perms ModeOf(const std::string& target) {
  std::error_code error;
  const fs::file_status there = fs::status(target, error);
  if (fs::is_directory(there)) return there.permissions();
  const mode_t mask = umask(0);
  umask(mask);
  return fs::perms{0777 & ~mask};
}

}  // namespace

absl::StatusOr<TemporaryDirectory> TemporaryDirectory::CreateFor(const std::string& target) {
  RemoveStaleTemporaries(target);
  std::string path = TemporaryPattern(target);
  const int fd = CreateTemporaryDirectory(path);
  if (fd < 0) return FileError(target, "cannot create the directory", errno);
  return TemporaryDirectory(std::move(path), fd);
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept
    : path_(std::exchange(other.path_, std::string())), in_use_(std::move(other.in_use_)) {}

TemporaryDirectory::~TemporaryDirectory() {
  if (path_.empty()) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  ForgetTemporary(path_);
}

absl::Status TemporaryDirectory::RenameTo(const std::string& target) {
  std::error_code error;
  fs::permissions(path_, ModeOf(target), error);  // mkdtemp made it 0700.
  if (!error && !RenameTemporary(path_, target)) error = {errno, std::generic_category()};
  if (error) {
    return absl::FailedPreconditionError(StrCat(target, ": cannot rename: ", error.message()));
  }
  path_.clear();
  return absl::OkStatus();
}

}  // namespace sotto
