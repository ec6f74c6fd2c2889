// How far a run is, and how long it will still take.
#ifndef SOTTO_TRUSTED_API_PROGRESS_METER_H_
#define SOTTO_TRUSTED_API_PROGRESS_METER_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>

#include "sotto/prefill.h"
#include "trusted/api/batch_forecast.h"

namespace sotto {

// How things stand when a batch starts.
struct BatchStart {
  size_t tokens_done = 0;
  std::optional<TimeForecast> forecast = {};
};

class ProgressMeter {
 public:
  // `listener` may be null; it is called by whoever calls Add() and BeginBatch(), one at a time.
  ProgressMeter(size_t total_tokens, std::function<void(const Progress&)> listener)
      : total_(total_tokens), listener_(std::move(listener)) {}

  // Thread-safe; cheap without a listener.
  void Add(size_t tokens);
  // A batch starts, perhaps anew.
  void BeginBatch(const BatchStart& start);

 private:
  using Clock = std::chrono::steady_clock;
  std::optional<double> SecondsLeft(Clock::time_point now) const;
  void Tell();

  const size_t total_;
  const std::function<void(const Progress&)> listener_;
  const Clock::time_point start_ = Clock::now();
  std::mutex mutex_;  // Guards the rest.
  size_t tokens_ = 0;
  Clock::time_point batch_start_ = start_;
  std::optional<TimeForecast> forecast_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_PROGRESS_METER_H_
