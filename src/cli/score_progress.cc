#include "cli/score_progress.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/strings.h"
#include "cli/progress.h"
#include "cli/run_messages.h"

namespace sotto {

std::string ScoreProgressLine(const ScoreState& state) {
  std::string line = StrCat(state.task, " ");
  if (state.share.has_value()) {
    line += StrCat(static_cast<int64_t>(*state.share * 100), " %  ");
  }
  line += CountOf(state.count, state.counted);
  if (state.seconds <= 0 || state.tokens <= 0) return line;
  line += StrCat("  ", std::llround(state.tokens / state.seconds), " tokens/s");
  const double done = state.share.value_or(0) - state.first_share;
  if (done <= 0) return line;
  return StrCat(line, "  ", ClockText(state.seconds * (1 - *state.share) / done), " left");
}

ScoreProgress::ScoreProgress(ProgressMode mode, const ScoreState& begin,
                             std::optional<double> first_share)
    : state_(begin), share_then_(first_share), line_(mode, [this] { return Line(); }) {
  state_.first_share = first_share.value_or(0);
}

void ScoreProgress::BeginRound(size_t count, std::optional<double> share_then) {
  const std::lock_guard lock(mutex_);
  state_.count = count;
  tokens_before_ += static_cast<double>(round_.tokens_done);
  round_ = {};
  share_before_ = share_then_;
  share_then_ = share_then;
}

void ScoreProgress::Show(const Progress& progress) {
  const std::lock_guard lock(mutex_);
  round_ = progress;
}

std::string ScoreProgress::Line() {
  const std::lock_guard lock(mutex_);
  ScoreState state = state_;
  const double done = static_cast<double>(round_.tokens_done);
  state.tokens = tokens_before_ + done;
  state.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  if (share_then_.has_value()) {
    const double before = share_before_.value_or(0);
    const double total = std::max(1.0, static_cast<double>(round_.tokens_total));
    state.share = before + (*share_then_ - before) * done / total;
  }
  return state.tokens > 0 ? ScoreProgressLine(state) : "";
}

}  // namespace sotto
