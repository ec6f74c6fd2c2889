// Waiting for another process without a futex: spin, then sleep, ever longer.
#ifndef SOTTO_PROTOCOL_BACKOFF_H_
#define SOTTO_PROTOCOL_BACKOFF_H_

#include <chrono>

namespace sotto {

class Backoff {
 public:
  // No sleep is longer than `longest`: how late the other side's move may be noticed.
  explicit Backoff(std::chrono::microseconds longest = std::chrono::microseconds(200))
      : longest_(longest) {}

  // Waits a little; once spinning is over, half as long as the wait has lasted.
  void Pause();
  // Progress was made: start over.
  void Reset() { Expect({}); }
  // Starts over; the next progress is not to be expected before `time`. Worth a sleep at once, or
  // not.
  void Expect(std::chrono::nanoseconds time);
  // Spinning is over: a good moment to look at clocks and locks.
  bool slow() const { return spins_ >= kSpins; }
  // Pause has slept so long that the other side is doing something else.
  bool idle() const { return slow() && slept_ >= kIdle; }

 private:
  using Clock = std::chrono::steady_clock;

  // 10 to 20 us: what a sleep costs in processor time, and longer than an exchange of one row
  // takes.
  static constexpr int kSpins = 512;
  // Whatever it is asked to take, a sleep takes this.
  static constexpr std::chrono::microseconds kShortest{50};
  static constexpr std::chrono::milliseconds kIdle{20};

  const std::chrono::microseconds longest_;
  int spins_ = 0;
  Clock::time_point slow_since_;  // When spinning was over.
  Clock::duration slept_{};       // Since then.
  Clock::duration expected_{};
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_BACKOFF_H_
