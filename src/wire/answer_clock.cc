#include "wire/answer_clock.h"

#include <algorithm>

namespace sotto {
namespace {

// Sizes remembered; beyond it (a caller who varies its rows without end) all are forgotten.
constexpr size_t kMaxSizes = 256;

}  // namespace

void AnswerClock::Sent(uint64_t sequence, uint64_t bytes, Clock::time_point now) {
  under_way_.insert_or_assign(sequence, UnderWay{bytes, now});
}

void AnswerClock::Answered(uint64_t sequence, Clock::time_point now) {
  const auto found = under_way_.find(sequence);
  if (found == under_way_.end()) return;
  const auto [bytes, sent] = found->second;
  under_way_.erase(found);
  if (usually_.size() >= kMaxSizes && !usually_.contains(bytes)) usually_.clear();
  const auto [usual, is_new] = usually_.try_emplace(bytes, now - sent);
  if (!is_new) usual->second = (usual->second + (now - sent)) / 2;
}

AnswerClock::Clock::duration AnswerClock::UntilNextLook(Clock::time_point now) const {
  if (under_way_.empty()) return {};
  const auto [bytes, sent] = under_way_.begin()->second;
  const Clock::duration taken = now - sent;
  const auto usual = usually_.find(bytes);
  const Clock::duration left = usual == usually_.end() ? -taken : usual->second - taken;
  const Clock::duration sleep = left > Clock::duration::zero() ? left / 4 * 3 : taken / 8;
  if (sleep < kShortestSleep) return {};
  return std::min<Clock::duration>(sleep, kLongestSleep);
}

}  // namespace sotto
