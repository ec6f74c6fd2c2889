#include "protocol/answer_clock.h"

#include <algorithm>

namespace sotto {
namespace {

// Sizes remembered; beyond it (a caller who varies its rows without end) all are forgotten.
constexpr size_t kMaxSizes = 256;
// A shorter exchange is waited for without a sleep: two sides that sleep miss each other, each
// round trip, by a sleep of the other, and would take that for the usual time.
constexpr std::chrono::microseconds kShort{300};
// By how much a sleep may be longer than it was asked to be. Without it, what is measured would
// never become shorter than the sleeps it is measured with.
constexpr std::chrono::microseconds kSleepsLonger{100};

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
  const bool is_short = usual == usually_.end() || usual->second < kShort;
  if (is_short && taken < kShort) return {};
  const Clock::duration left = is_short ? Clock::duration::zero() : usual->second - taken;
  const Clock::duration sleep =
      left > Clock::duration::zero() ? left / 4 * 3 - kSleepsLonger : taken / 8;
  return std::clamp<Clock::duration>(sleep, kShortestSleep, kLongestSleep);
}

}  // namespace sotto
