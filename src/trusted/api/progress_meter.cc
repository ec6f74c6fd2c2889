#include "trusted/api/progress_meter.h"

#include <algorithm>

namespace sotto {

void ProgressMeter::Add(size_t tokens) {
  if (!listener_) return;
  const std::lock_guard lock(mutex_);
  tokens_ += tokens;
  Tell();
}

void ProgressMeter::BeginBatch(const BatchStart& start) {
  if (!listener_) return;
  const std::lock_guard lock(mutex_);
  tokens_ = start.tokens_done;
  batch_start_ = Clock::now();
  forecast_ = start.forecast;
  Tell();
}

// Logits come near a batch's end, so within it the clock is the better witness of progress.
std::optional<double> ProgressMeter::SecondsLeft(Clock::time_point now) const {
  if (tokens_ == total_) return 0;
  if (!forecast_.has_value()) return std::nullopt;
  const double in_batch = std::chrono::duration<double>(now - batch_start_).count();
  return std::max(0.0, forecast_->batch_seconds - in_batch) + forecast_->later_seconds;
}

void ProgressMeter::Tell() {
  const Clock::time_point now = Clock::now();
  listener_({.tokens_done = tokens_,
             .tokens_total = total_,
             .elapsed_seconds = std::chrono::duration<double>(now - start_).count(),
             .seconds_left = SecondsLeft(now)});
}

}  // namespace sotto
