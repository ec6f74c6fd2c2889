#include "cli/progress.h"

#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdio>

#include "base/strings.h"

namespace sotto {
namespace {

constexpr std::chrono::milliseconds kPatience{1000};
constexpr std::chrono::milliseconds kTerminalPeriod{200};
constexpr std::chrono::milliseconds kFilePeriod{1000};

std::string ClockText(double seconds) {
  const auto whole = static_cast<int64_t>(std::ceil(seconds));
  const auto two_digits = [](int64_t n) { return StrCat(n < 10 ? "0" : "", n); };
  if (whole < 3600) return StrCat(whole / 60, ":", two_digits(whole % 60));
  return StrCat(whole / 3600, ":", two_digits(whole / 60 % 60), ":", two_digits(whole % 60));
}

}  // namespace

std::string ProgressLine(const ProgressState& state) {
  const double rate = state.elapsed_seconds > 0 ? state.tokens_done / state.elapsed_seconds : 0;
  const double share = state.tokens_total > 0 ? state.tokens_done / state.tokens_total : 1;
  std::string line = StrCat("prefill ", static_cast<int64_t>(share * 100), " %  ",
                            static_cast<int64_t>(state.tokens_done), "/",
                            static_cast<int64_t>(state.tokens_total), " tokens");
  if (rate <= 0) return line;
  const double left = (state.tokens_total - state.tokens_done) / rate;
  return StrCat(line, "  ", static_cast<int64_t>(std::lround(rate)), " tokens/s  ", ClockText(left),
                " left");
}

Progress::Progress(ProgressMode mode, size_t total_tokens)
    : mode_(mode), total_(total_tokens), terminal_(isatty(STDERR_FILENO) == 1) {
  const bool draws = mode == ProgressMode::kAlways || (mode == ProgressMode::kAuto && terminal_);
  if (draws) thread_ = std::thread([this] { DrawUntilDone(); });
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
  }
  done_.notify_one();
  thread_.join();
  if (mode_ == ProgressMode::kAlways) {
    Draw();
    if (terminal_) std::fputc('\n', stderr);
  } else if (drawn_) {
    std::fputs("\r\033[K", stderr);
  }
}

void Progress::Add(size_t tokens) {
  const std::lock_guard lock(mutex_);
  tokens_ += tokens;
}

void Progress::Set(size_t tokens) {
  const std::lock_guard lock(mutex_);
  tokens_ = tokens;
}

void Progress::DrawUntilDone() {
  std::unique_lock lock(mutex_);
  auto period = kPatience;
  while (!done_.wait_for(lock, period, [this] { return finished_; })) {
    Draw();
    period = terminal_ ? kTerminalPeriod : kFilePeriod;
  }
}

void Progress::Draw() {
  const std::chrono::duration<double> elapsed = Clock::now() - start_;
  const std::string line = ProgressLine({.tokens_done = static_cast<double>(tokens_),
                                         .tokens_total = static_cast<double>(total_),
                                         .elapsed_seconds = elapsed.count()});
  const std::string drawn = terminal_ ? StrCat("\r", line, "\033[K") : StrCat(line, "\n");
  std::fwrite(drawn.data(), 1, drawn.size(), stderr);
  drawn_ = true;
}

}  // namespace sotto
