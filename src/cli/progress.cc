#include "cli/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/loading.h"
#include "base/strings.h"

namespace sotto {
std::string ClockText(double seconds) {
  const auto whole = static_cast<int64_t>(std::ceil(seconds));
  const auto two_digits = [](int64_t n) { return StrCat(n < 10 ? "0" : "", n); };
  if (whole < 3600) return StrCat(whole / 60, ":", two_digits(whole % 60));
  return StrCat(whole / 3600, ":", two_digits(whole / 60 % 60), ":", two_digits(whole % 60));
}

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

PrefillLine::PrefillLine(ProgressMode mode) : line_(mode, [this] { return Line(); }) {}

void PrefillLine::Show(const Progress& progress) {
  const std::lock_guard lock(mutex_);
  last_ = progress;
  told_ = Clock::now();
}

// Between two reports time goes on.
std::string PrefillLine::Line() {
  const std::lock_guard lock(mutex_);
  if (!last_.has_value()) return "";
  const double since = std::chrono::duration<double>(Clock::now() - told_).count();
  ProgressState state{.tokens_done = static_cast<double>(last_->tokens_done),
                      .tokens_total = static_cast<double>(last_->tokens_total),
                      .elapsed_seconds = last_->elapsed_seconds + since,
                      .seconds_left = last_->seconds_left};
  if (state.seconds_left.has_value()) {
    state.seconds_left = std::max(0.0, *state.seconds_left - since);
  }
  return ProgressLine(state);
}

std::string LoadingLine() {
  const LoadingState state = CurrentLoading();
  if (state.step == nullptr) return "";
  if (state.total == 0) return state.step;
  return StrCat(state.step, "  ", 100 * state.done / state.total, " %");
}

}  // namespace sotto
