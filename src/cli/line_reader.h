// Lines of a file or a pipe, one at a time, in memory that does not grow with their number.
#ifndef SOTTO_CLI_LINE_READER_H_
#define SOTTO_CLI_LINE_READER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/descriptor.h"
#include "base/status.h"
#include "model/sha256.h"

namespace sotto {

class LineReader {
 public:
  // A file, pipe, socket, terminal or descriptor (/dev/stdin). Errors as base/file.h.
  static absl::StatusOr<LineReader> Open(const std::string& path);

  // The next line that is not blank, without its line end (LF or CRLF) and, where the file begins,
  // without a byte order mark; nullopt at the end. INVALID_ARGUMENT for a line of more than
  // kMaxLineBytes. The view is valid until the next call of
  // Next() or Ready().
  absl::StatusOr<std::optional<std::string_view>> Next();
  // Everything behind the last line, as it stands there but for a byte order mark at the beginning
  // of the file. INVALID_ARGUMENT for more than kMaxLineBytes.
  absl::StatusOr<std::string> Rest();
  // From here on the bytes that are read are hashed: before the first of them, those of the file.
  void BeginHash() { hash_.emplace(); }
  // 64 hex digits. Once, at the end. REQUIRES: BeginHash().
  std::string FinishHash() { return hash_->FinishHex(); }
  // Whether Next() would return at once, rather than wait for whoever writes a pipe.
  bool Ready();

  // Of the last line: its number, from 1, blank ones counted; whether a line end stands behind it;
  // where it ends in the file.
  size_t line_number() const { return line_number_; }
  bool terminated() const { return terminated_; }
  uint64_t end_offset() const { return consumed_; }
  // Of a regular file.
  std::optional<uint64_t> size_bytes() const { return size_bytes_; }
  // "FILE: line 3", of the last line.
  std::string source() const;

  // What the tokenizer takes.
  static constexpr size_t kMaxLineBytes = size_t{1} << 29;

 private:
  LineReader(std::string name, Descriptor fd) : name_(std::move(name)), fd_(std::move(fd)) {}
  // Appends what there is; waits for it. Sets at_end_.
  absl::Status ReadMore();
  absl::StatusOr<std::optional<std::string_view>> NextAny();

  std::string name_;
  Descriptor fd_;
  std::optional<uint64_t> size_bytes_;
  std::optional<Sha256> hash_;
  std::string buffer_;
  // Of the last line, its end included.
  size_t begin_ = 0, line_bytes_ = 0;
  uint64_t consumed_ = 0;
  size_t line_number_ = 0;
  bool terminated_ = false, at_end_ = false;
};

}  // namespace sotto

#endif  // SOTTO_CLI_LINE_READER_H_
