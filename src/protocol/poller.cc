#include "protocol/poller.h"

#include <immintrin.h>

#include <algorithm>
#include <thread>

namespace sotto {

void Poller::Wait::Expect(std::chrono::nanoseconds time) {
  spins_ = 0;
  slept_ = {};
  expected_ = time;
}

void Poller::Wait::Pause() {
  if (expected_ >= kShortestSleep) {
    std::this_thread::sleep_for(std::min<Clock::duration>(expected_, longest_));
    expected_ = {};
    return;
  }
  if (!slow()) {
    _mm_pause();
    if (++spins_ == kSpins) slow_since_ = Clock::now();
    return;
  }
  std::this_thread::sleep_for(std::clamp<Clock::duration>(slept_ / 2, kShortestSleep, longest_));
  slept_ = Clock::now() - slow_since_;
}

void Poller::Sent(uint64_t sequence, uint64_t bytes, Clock::time_point now) {
  under_way_.insert_or_assign(sequence, UnderWay{bytes, now});
}

void Poller::Answered(uint64_t sequence, Clock::time_point now) {
  const auto found = under_way_.find(sequence);
  if (found == under_way_.end()) return;
  const auto [bytes, sent] = found->second;
  under_way_.erase(found);
  if (usually_.size() >= kMaxSizes && !usually_.contains(bytes)) usually_.clear();
  const auto [usual, is_new] = usually_.try_emplace(bytes, now - sent);
  if (!is_new) usual->second = (usual->second + (now - sent)) / 2;
}

Poller::Clock::duration Poller::UntilNextLook(Clock::time_point now) const {
  if (under_way_.empty()) return {};
  const auto [bytes, sent] = under_way_.begin()->second;
  const Clock::duration taken = now - sent;
  const auto usual = usually_.find(bytes);
  const bool is_short = usual == usually_.end() || usual->second < kShortExchange;
  if (is_short && taken < kShortExchange) return {};
  const Clock::duration left = is_short ? Clock::duration::zero() : usual->second - taken;
  const Clock::duration sleep =
      left > Clock::duration::zero() ? left / 4 * 3 - kSleepsLonger : taken / 8;
  return std::clamp<Clock::duration>(sleep, kShortestSleep, kLongestSleep);
}

}  // namespace sotto
