// The progress line on stderr: share done, rate, time left.
#ifndef SOTTO_CLI_PROGRESS_H_
#define SOTTO_CLI_PROGRESS_H_

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>

#include "cli/status_line.h"
#include "sotto/prefill.h"

namespace sotto {

// "0:12", "1:00:05"; of parts of a second, one more.
std::string ClockText(double seconds);

struct ProgressState {
  double tokens_done = 0;
  double tokens_total = 0;
  double elapsed_seconds = 0;
  std::optional<double> seconds_left = {};  // None: what the rate so far says.
};

// "prefill  37 %  512/1384 tokens  1234 tokens/s  0:12 left"
std::string ProgressLine(const ProgressState& state);

class PrefillLine {
 public:
  explicit PrefillLine(ProgressMode mode);
  PrefillLine(const PrefillLine&) = delete;

  // Thread-safe; cheap.
  void Show(const Progress& progress);

 private:
  using Clock = std::chrono::steady_clock;
  std::string Line();

  std::mutex mutex_;
  std::optional<Progress> last_;
  Clock::time_point told_;  // When that was.
  StatusLine line_;         // Draws the rest, and so ends first.
};

// "packing weights  37 %", as base/loading.h tells.
std::string LoadingLine();

}  // namespace sotto

#endif  // SOTTO_CLI_PROGRESS_H_
