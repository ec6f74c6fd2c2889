#include "protocol/backoff.h"

#include <immintrin.h>

#include <algorithm>
#include <thread>

namespace sotto {

void Backoff::Expect(std::chrono::nanoseconds time) {
  spins_ = 0;
  slept_ = {};
  expected_ = time;
}

void Backoff::Pause() {
  if (expected_ >= kShortest) {
    std::this_thread::sleep_for(std::min<Clock::duration>(expected_, longest_));
    expected_ = {};
    return;
  }
  if (!slow()) {
    _mm_pause();
    if (++spins_ == kSpins) slow_since_ = Clock::now();
    return;
  }
  std::this_thread::sleep_for(std::clamp<Clock::duration>(slept_ / 2, kShortest, longest_));
  slept_ = Clock::now() - slow_since_;
}

}  // namespace sotto
