// The progress line on stderr: share done, rate, time left.
#ifndef SOTTO_CLI_PROGRESS_H_
#define SOTTO_CLI_PROGRESS_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
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
  // A batch starts anew: so many tokens are done.
  void Set(size_t tokens);

 private:
  using Clock = std::chrono::steady_clock;
  void DrawUntilDone();
  void Draw();

  const ProgressMode mode_;
  const size_t total_;
  const Clock::time_point start_ = Clock::now();
  const bool terminal_;
  std::mutex mutex_;
  std::condition_variable done_;
  size_t tokens_ = 0;
  bool finished_ = false;
  bool drawn_ = false;
  std::thread thread_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_PROGRESS_H_
