// Waiting for another process without a futex: spin, then sleep, ever longer.
#ifndef SOTTO_WIRE_BACKOFF_H_
#define SOTTO_WIRE_BACKOFF_H_

#include <chrono>

namespace sotto {

class Backoff {
 public:
  // Waits a little; longer from call to call, at most about 200 us.
  void Pause();
  // Progress was made: start over.
  void Reset() { calls_ = 0; }
  // Spinning is over: a good moment to look at clocks and locks.
  bool slow() const { return calls_ > kSpins; }
  // Pause has slept so often that the other side is doing something else.
  bool idle() const { return calls_ > kSpins + kSleepsUntilIdle; }

 private:
  // About 20 us: what a sleep would cost at least, and longer than an exchange of one row takes.
  static constexpr int kSpins = 512;
  static constexpr int kSleepsUntilIdle = 200;  // 20 to 50 ms.

  int calls_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_WIRE_BACKOFF_H_
