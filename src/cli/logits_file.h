// --save-logits: logits on their way to the disk, in blocks of rows as they are computed.
// Little-endian f32, in the shape of the result's output_logits_shape: [rows, prefill_length,
// vocab], or [rows, vocab] where only last positions are wanted. What lies beyond a row's actual
// length is 0.
//   .npy          that array (npy_header.h); FILE.ids.npy and FILE.lengths.npy beside FILE.npy hold
//                 what the next format calls input_ids and actual_lengths
//   .safetensors  tensor "logits", with "input_ids" I32 [rows, prefill_length] (0 beyond the actual
//                 length) and "actual_lengths" I32 [rows]
#ifndef SOTTO_CLI_LOGITS_FILE_H_
#define SOTTO_CLI_LOGITS_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/matrix.h"
#include "base/status.h"
#include "cli/batch_rows.h"
#include "sotto/prefill.h"

namespace sotto {

enum class LogitsFormat { kSafetensors, kNpy };

// By the extension; INVALID_ARGUMENT for another one.
absl::StatusOr<LogitsFormat> LogitsFormatOfPath(std::string_view path);

// What is written beside the file of that name: of an .npy its ids and its lengths.
std::vector<std::string> FilesBesideLogits(std::string_view path);

struct LogitsShape {
  Positions positions = Positions::kAll;
  size_t rows = 0;
  size_t prefill_length = 0;
  size_t vocab_size = 0;
  // Padding comes to Write() as well, which stores zeros for it and does for all positions the
  // same: no branch and no address depends on a row's actual length.
  bool padding_comes = false;

  std::vector<size_t> dimensions() const;
};

class LogitsFile {
 public:
  // Takes the space on the disk at once, so that a full disk shows before the work, not after.
  // Errors as base/file.h.
  static absl::StatusOr<std::unique_ptr<LogitsFile>> Create(const std::string& path,
                                                            const LogitsShape& shape,
                                                            const BatchRows& rows);

  // Logits [n, vocab] of `row` from `first_position` on (of its last position, n = 1, for kLast).
  // Thread-safe. The first error is kept for Commit(), and ends the writing.
  void Write(size_t row, size_t first_position, ConstMatrixView<float> logits);
  absl::Status status();
  // Gives the files their names, that of the logits last.
  absl::Status Commit();

 private:
  LogitsFile(AtomicFile file, std::vector<AtomicFile> beside, const LogitsShape& shape,
             const BatchRows& rows, uint64_t logits_begin);

  AtomicFile file_;
  std::vector<AtomicFile> beside_;
  const LogitsShape shape_;
  std::vector<size_t> lengths_;  // Of each row, in tokens.
  const uint64_t logits_begin_;  // Offset of the first logit.
  std::mutex mutex_;             // Guards status_.
  absl::Status status_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_LOGITS_FILE_H_
