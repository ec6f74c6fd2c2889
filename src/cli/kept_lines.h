// What becomes of results that are written line by line when the run ends early.
#ifndef SOTTO_CLI_KEPT_LINES_H_
#define SOTTO_CLI_KEPT_LINES_H_

#include <cstddef>
#include <string>
#include <utility>

#include "base/status.h"

namespace sotto {

inline constexpr char kNothingWritten[] = "no results were written yet";

struct KeptLinesOptions {
  bool resumable = false;  // --resume can go on with them.
  // Whether their number is said. Not where padding is computed: a host reads messages.
  bool counted = true;
};

// While one exists, a signal's message says that the lines stay. One at a time.
class KeptLines {
 public:
  // `name`: of the output, as messages have it.
  KeptLines(std::string name, const KeptLinesOptions& options)
      : name_(std::move(name)), options_(options) {
    Set(0);
  }
  ~KeptLines();
  KeptLines(const KeptLines&) = delete;

  // So many whole lines are there.
  void Set(size_t lines);
  // The error that ends the run, with what to do about the lines that were written.
  absl::Status AddTo(const absl::Status& status) const;

 private:
  std::string Text() const;

  const std::string name_;
  const KeptLinesOptions options_;
  size_t lines_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_CLI_KEPT_LINES_H_
