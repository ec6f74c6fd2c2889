#include "trusted/engine/lane_schedule.h"

namespace sotto {

LaneSchedule::LaneSchedule(size_t layers, size_t blocks, size_t stores)
    : blocks_(blocks), stores_(stores), attended_(layers, 0) {}

bool LaneSchedule::AwaitTurnToStore(size_t layer, size_t block) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    const bool store_is_free = layer < stores_ || attended_[layer - stores_] == blocks_;
    return failed_ || (attended_[layer] == block && store_is_free);
  });
  return !failed_;
}

void LaneSchedule::Attended(size_t layer) {
  std::lock_guard lock(mutex_);
  ++attended_[layer];
  changed_.notify_all();
}

void LaneSchedule::Fail() {
  std::lock_guard lock(mutex_);
  failed_ = true;
  changed_.notify_all();
}

}  // namespace sotto
