#include "wire/backoff.h"

#include <immintrin.h>
#include <time.h>

#include <algorithm>
#include <cstdint>

namespace sotto {
namespace {

constexpr int64_t kFirstSleepNs = 10'000, kLongestSleepNs = 200'000;
constexpr int kDoubleEvery = 8;

}  // namespace

void Backoff::Pause() {
  ++calls_;
  if (!slow()) {
    _mm_pause();
    return;
  }
  const int doublings = std::min((calls_ - kSpins) / kDoubleEvery, 5);
  const timespec sleep{.tv_sec = 0,
                       .tv_nsec = std::min(kFirstSleepNs << doublings, kLongestSleepNs)};
  nanosleep(&sleep, nullptr);
}

}  // namespace sotto
