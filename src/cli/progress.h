// The progress line on stderr: share done, rate, time left.
#ifndef SOTTO_CLI_PROGRESS_H_
#define SOTTO_CLI_PROGRESS_H_

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>

#include "cli/status_line.h"

namespace sotto {

struct ProgressState {
  double tokens_done = 0;
  double tokens_total = 0;
  double elapsed_seconds = 0;
  std::optional<double> seconds_left = {};  // None: what the rate so far says.
};

// What the cost model expects.
struct TimeForecast {
  double batch_seconds = 0;  // The whole batch.
  double later_seconds = 0;  // All batches after it.
};

// How things stand when a batch starts.
struct BatchStart {
  size_t tokens_done = 0;
  std::optional<TimeForecast> forecast = {};
};

// "prefill  37 %  512/1384 tokens  1234 tokens/s  0:12 left"
std::string ProgressLine(const ProgressState& state);

class Progress {
 public:
  Progress(ProgressMode mode, size_t total_tokens);
  Progress(const Progress&) = delete;

  // Thread-safe; cheap.
  void Add(size_t tokens);
  // A batch starts, perhaps anew.
  void BeginBatch(const BatchStart& start);

 private:
  using Clock = std::chrono::steady_clock;
  std::string Line();
  std::optional<double> SecondsLeft(Clock::time_point now) const;

  const size_t total_;
  const Clock::time_point start_ = Clock::now();
  std::mutex mutex_;
  size_t tokens_ = 0;
  Clock::time_point batch_start_ = start_;
  std::optional<TimeForecast> forecast_;
  StatusLine line_;  // Draws the rest, and so ends first.
};

// "packing weights  37 %", as base/loading.h tells.
std::string LoadingLine();

}  // namespace sotto

#endif  // SOTTO_CLI_PROGRESS_H_
