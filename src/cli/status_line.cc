#include "cli/status_line.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <utility>

#include "base/log.h"
#include "base/strings.h"

namespace sotto {
namespace {

constexpr std::chrono::milliseconds kPatience{1000};
constexpr std::chrono::milliseconds kTerminalPeriod{200};
constexpr std::chrono::milliseconds kFilePeriod{1000};

}  // namespace

StatusLine::StatusLine(ProgressMode mode, std::function<std::string()> text)
    : mode_(mode), text_(std::move(text)), terminal_(isatty(STDERR_FILENO) == 1) {
  const bool draws = mode == ProgressMode::kAlways || (mode == ProgressMode::kAuto && terminal_);
  if (draws) thread_ = std::thread([this] { DrawUntilDone(); });
}

StatusLine::~StatusLine() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
  }
  done_.notify_one();
  thread_.join();
  if (mode_ == ProgressMode::kAlways) Draw();
  if (drawn_ && terminal_) std::fputs(mode_ == ProgressMode::kAlways ? "\n" : "\r\033[K", stderr);
  SetLineUnfinished(false);
}

void StatusLine::DrawUntilDone() {
  std::unique_lock lock(mutex_);
  auto period = kPatience;
  while (!done_.wait_for(lock, period, [this] { return finished_; })) {
    Draw();
    period = terminal_ ? kTerminalPeriod : kFilePeriod;
  }
}

void StatusLine::Draw() {
  const std::string line = text_();
  if (line.empty()) return;
  const std::string drawn = terminal_ ? StrCat("\r", line, "\033[K") : StrCat(line, "\n");
  SetLineUnfinished(terminal_);
  std::fwrite(drawn.data(), 1, drawn.size(), stderr);
  drawn_ = true;
}

}  // namespace sotto
