#include "model/temporary_directory.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/strings.h"
#include "base/temporary_files.h"

namespace sotto {

namespace fs = std::filesystem;

absl::StatusOr<TemporaryDirectory> TemporaryDirectory::CreateFor(const std::string& target) {
  std::string path = StrCat(target, ".tmpXXXXXX");
  if (CreateTemporaryDirectory(path)) return TemporaryDirectory(std::move(path));
  const int error = errno;
  const std::string message =
      StrCat(target, ": cannot create the directory: ", std::strerror(error));
  if (error == ENOENT || error == ENOTDIR) return absl::NotFoundError(message);
  if (error == EACCES || error == EROFS) return absl::PermissionDeniedError(message);
  return absl::UnavailableError(message);
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept
    : path_(std::exchange(other.path_, std::string())) {}

TemporaryDirectory::~TemporaryDirectory() {
  if (path_.empty()) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  ForgetTemporary(path_);
}

absl::Status TemporaryDirectory::RenameTo(const std::string& target) {
  std::error_code error;
  fs::permissions(path_, fs::perms{0755}, error);  // mkdtemp made it 0700.
  if (!error && !RenameTemporary(path_, target)) error = {errno, std::generic_category()};
  if (error) {
    return absl::FailedPreconditionError(StrCat(target, ": cannot rename: ", error.message()));
  }
  path_.clear();
  return absl::OkStatus();
}

}  // namespace sotto
