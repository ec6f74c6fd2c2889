// A line on stderr that is drawn anew as work goes on.
#ifndef SOTTO_CLI_STATUS_LINE_H_
#define SOTTO_CLI_STATUS_LINE_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace sotto {

// kAuto: when stderr is a terminal and the work takes over a second; gone when the work is done.
// kAlways: wherever stderr leads; the last line stays.
enum class ProgressMode { kAuto, kAlways, kNever };

// Draws from a thread of its own, which exists only where something is to be drawn.
class StatusLine {
 public:
  // `text` is called from that thread, and from the destructor; nothing is drawn while it is empty.
  StatusLine(ProgressMode mode, std::function<std::string()> text);
  ~StatusLine();
  StatusLine(const StatusLine&) = delete;

 private:
  void DrawUntilDone();
  void Draw();

  const ProgressMode mode_;
  const std::function<std::string()> text_;
  const bool terminal_;
  std::mutex mutex_;
  std::condition_variable done_;
  bool finished_ = false;
  bool drawn_ = false;
  std::thread thread_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_STATUS_LINE_H_
