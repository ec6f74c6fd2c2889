// The progress line on stderr: share done, rate, time left.
#ifndef SOTTO_CLI_PROGRESS_H_
#define SOTTO_CLI_PROGRESS_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace sotto {

// kAuto: when stderr is a terminal and the work takes over a second; gone when the work is done.
// kAlways: wherever stderr leads; the last line stays.
enum class ProgressMode { kAuto, kAlways, kNever };

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

// Draws from a thread of its own, which exists only where something is to be drawn.
class Progress {
 public:
  Progress(ProgressMode mode, size_t total_tokens);
  ~Progress();
  Progress(const Progress&) = delete;

  // Thread-safe; cheap.
  void Add(size_t tokens);
  // A batch starts, perhaps anew.
  void BeginBatch(const BatchStart& start);

 private:
  using Clock = std::chrono::steady_clock;
  void DrawUntilDone();
  void Draw();
  std::optional<double> SecondsLeft(Clock::time_point now) const;

  const ProgressMode mode_;
  const size_t total_;
  const Clock::time_point start_ = Clock::now();
  const bool terminal_;
  std::mutex mutex_;
  std::condition_variable done_;
  size_t tokens_ = 0;
  Clock::time_point batch_start_ = start_;
  std::optional<TimeForecast> forecast_;
  bool finished_ = false;
  bool drawn_ = false;
  std::thread thread_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_PROGRESS_H_
