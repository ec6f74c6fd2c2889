#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/descriptor.h"
#include "base/file.h"
#include "base/strings.h"
#include "trusted/tee/attesters.h"

namespace sotto {
namespace {

// Gramine's quotes have at most 8 KiB, Linux's 32 KiB.
constexpr size_t kLongestSystemFile = size_t{64} << 10;

absl::Status CannotWrite(const std::string& path, int error) {
  return absl::UnavailableError(
      StrCat(path, ": cannot write: ", std::generic_category().message(error)));
}

}  // namespace

absl::Status WriteSystemFile(const std::string& path, std::string_view bytes) {
  Descriptor fd(open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  if (fd.get() < 0) return CannotWrite(path, errno);
  ssize_t written;
  do {
    written = write(fd.get(), bytes.data(), bytes.size());
  } while (written < 0 && errno == EINTR);
  if (written < 0) return CannotWrite(path, errno);
  if (static_cast<size_t>(written) != bytes.size()) return CannotWrite(path, EIO);
  if (close(fd.Release()) != 0) return CannotWrite(path, errno);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadSystemFile(const std::string& path) {
  absl::StatusOr<std::string> bytes = ReadFileOrPipe(path, kLongestSystemFile);
  if (bytes.ok()) return bytes;
  return absl::UnavailableError(bytes.status().message());
}

}  // namespace sotto
