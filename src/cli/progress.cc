#include "cli/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/loading.h"
#include "base/strings.h"

namespace sotto {
namespace {

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
  std::optional<double> left = state.seconds_left;
  if (rate > 0) {
    line = StrCat(line, "  ", static_cast<int64_t>(std::lround(rate)), " tokens/s");
    if (!left.has_value()) left = (state.tokens_total - state.tokens_done) / rate;
  }
  return left.has_value() ? StrCat(line, "  ", ClockText(*left), " left") : line;
}

Progress::Progress(ProgressMode mode, size_t total_tokens)
    : total_(total_tokens), line_(mode, [this] { return Line(); }) {}

void Progress::Add(size_t tokens) {
  const std::lock_guard lock(mutex_);
  tokens_ += tokens;
}

void Progress::BeginBatch(const BatchStart& start) {
  const std::lock_guard lock(mutex_);
  tokens_ = start.tokens_done;
  batch_start_ = Clock::now();
  forecast_ = start.forecast;
}

// Logits come near a batch's end, so within it the clock is the better witness of progress.
std::optional<double> Progress::SecondsLeft(Clock::time_point now) const {
  if (tokens_ == total_) return 0;
  if (!forecast_.has_value()) return std::nullopt;
  const double in_batch = std::chrono::duration<double>(now - batch_start_).count();
  return std::max(0.0, forecast_->batch_seconds - in_batch) + forecast_->later_seconds;
}

std::string Progress::Line() {
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = Clock::now();
  const std::chrono::duration<double> elapsed = now - start_;
  return ProgressLine({.tokens_done = static_cast<double>(tokens_),
                       .tokens_total = static_cast<double>(total_),
                       .elapsed_seconds = elapsed.count(),
                       .seconds_left = SecondsLeft(now)});
}

std::string LoadingLine() {
  const LoadingState state = CurrentLoading();
  if (state.step == nullptr) return "";
  if (state.total == 0) return state.step;
  return StrCat(state.step, "  ", 100 * state.done / state.total, " %");
}

}  // namespace sotto
