#include "cli/line_reader.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/file.h"
#include "base/strings.h"
#include "cli/hash_text.h"

namespace sotto {
namespace {

constexpr size_t kReadBytes = size_t{1} << 16;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

absl::StatusOr<LineReader> LineReader::Open(const std::string& path) {
  const std::optional<int> given = DescriptorOfPath(path);
  LineReader reader(
      DisplayName(path),
      Descriptor(given.has_value() ? fcntl(*given, F_DUPFD_CLOEXEC, 3)
                                   : open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)));
  if (reader.fd_.get() < 0) return FileError(reader.name_, "cannot open", errno);
  struct stat info;
  if (fstat(reader.fd_.get(), &info) != 0) return FileError(reader.name_, "cannot stat", errno);
  if (S_ISREG(info.st_mode)) reader.size_bytes_ = static_cast<uint64_t>(info.st_size);
  return reader;
}

absl::Status LineReader::ReadMore() {
  const size_t before = buffer_.size();
  buffer_.resize(before + kReadBytes);
  ssize_t n;
  do {
    n = read(fd_.get(), buffer_.data() + before, kReadBytes);
  } while (n < 0 && errno == EINTR);
  const int error = errno;
  buffer_.resize(before + static_cast<size_t>(n > 0 ? n : 0));
  if (n < 0) return FileError(name_, "cannot read", error);
  at_end_ = n == 0;
  if (hash_.has_value()) HashText(std::string_view(buffer_).substr(before), *hash_);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string_view>> LineReader::NextAny() {
  begin_ += std::exchange(line_bytes_, 0);
  size_t end = buffer_.find('\n', begin_);
  while (end == std::string::npos && !at_end_) {
    buffer_.erase(0, std::exchange(begin_, 0));
    const size_t searched = buffer_.size();
    if (searched > kMaxLineBytes) {
      return absl::InvalidArgumentError(
          StrCat(name_, ": line ", line_number_ + 1, ": more than ", kMaxLineBytes, " bytes"));
    }
    SOTTO_RETURN_IF_ERROR(ReadMore());
    end = buffer_.find('\n', searched);
  }
  const bool terminated = end != std::string::npos;
  line_bytes_ = (terminated ? end + 1 : buffer_.size()) - begin_;
  if (line_bytes_ == 0) return std::nullopt;
  terminated_ = terminated;
  consumed_ += line_bytes_;
  ++line_number_;
  std::string_view line = std::string_view(buffer_).substr(begin_, line_bytes_ - terminated_);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line_number_ == 1 && line.starts_with(kByteOrderMark)) {
    line.remove_prefix(kByteOrderMark.size());
  }
  return line;
}

absl::StatusOr<std::optional<std::string_view>> LineReader::Next() {
  while (true) {
    SOTTO_ASSIGN_OR_RETURN(const std::optional<std::string_view> line, NextAny());
    if (!line.has_value() || line->find_first_not_of(" \t") != std::string_view::npos) return line;
  }
}

absl::StatusOr<std::string> LineReader::Rest() {
  buffer_.erase(0, begin_ + line_bytes_);
  begin_ = line_bytes_ = 0;
  while (!at_end_) {
    SOTTO_RETURN_IF_ERROR(ReadMore());
    if (buffer_.size() > kMaxLineBytes) {
      return absl::InvalidArgumentError(StrCat(name_, ": more than ", kMaxLineBytes, " bytes"));
    }
  }
  std::string rest = std::exchange(buffer_, "");
  consumed_ += rest.size();
  if (line_number_ == 0 && rest.starts_with(kByteOrderMark)) rest.erase(0, kByteOrderMark.size());
  return rest;
}

bool LineReader::Ready() {
  while (!at_end_) {
    if (buffer_.find('\n', begin_ + line_bytes_) != std::string::npos) return true;
    struct pollfd waiting = {.fd = fd_.get(), .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, 0) <= 0) return false;
    // The lines that were read: kept, they would be the whole file in the end.
    buffer_.erase(0, std::exchange(begin_, 0) + std::exchange(line_bytes_, 0));
    if (!ReadMore().ok()) return true;  // Next() will tell.
  }
  return true;
}

std::string LineReader::source() const { return StrCat(name_, ": line ", line_number_); }

}  // namespace sotto
