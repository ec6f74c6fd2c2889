#include "trusted/split/pad_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/strings.h"

namespace sotto {

PadFile::~PadFile() {
  if (fd_ >= 0) close(fd_);
}

absl::Status PadFile::Open() {
  fd_ = open(directory_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd_ >= 0) return absl::OkStatus();
  // Not every file system has that: an empty file has a name for a moment.
  std::string name = StrCat(directory_, "/sotto-pads-XXXXXX");
  fd_ = mkostemp(name.data(), O_CLOEXEC);
  if (fd_ >= 0 && unlink(name.c_str()) == 0) return absl::OkStatus();
  return absl::UnavailableError(
      StrCat(directory_, ": cannot create a file for pads: ", std::strerror(errno)));
}

bool PadFile::HasRoomFor(size_t size) const {
  const auto found = free_.find(size);
  const bool reuse = found != free_.end() && !found->second.empty();
  return !directory_.empty() && (reuse || end_ + size <= max_bytes_);
}

absl::StatusOr<uint64_t> PadFile::Write(std::string_view bytes) {
  if (fd_ < 0) SOTTO_RETURN_IF_ERROR(Open());
  std::vector<uint64_t>& free = free_[bytes.size()];
  const uint64_t place = free.empty() ? end_ : free.back();
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t n =
        pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(place + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      return absl::UnavailableError(
          StrCat(directory_, ": cannot write a pad: ", std::strerror(errno)));
    }
    done += static_cast<size_t>(n);
  }
  if (free.empty()) {
    end_ += bytes.size();
  } else {
    free.pop_back();
  }
  return place;
}

absl::StatusOr<std::string> PadFile::Take(uint64_t place, size_t size) {
  free_[size].push_back(place);
  std::string bytes(size, '\0');
  for (size_t done = 0; done < size;) {
    const ssize_t n =
        pread(fd_, bytes.data() + done, size - done, static_cast<off_t>(place + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return absl::DataLossError(StrCat(directory_, ": a pad cannot be read back"));
    done += static_cast<size_t>(n);
  }
  return bytes;
}

void PadFile::Clear() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  end_ = 0;
  free_.clear();
}

}  // namespace sotto
