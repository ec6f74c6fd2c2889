// How a side of a session in shared memory waits for the other one. There is no futex between
// processes that do not trust each other, so it looks, again and again: this class says when, and
// holds every constant of it.
//
//   waiting for                 how
//   bytes of a message under    Poller::Wait: spins for 10 to 20 us, then sleeps half as long as
//   the way, or room for them       wait has lasted, kShortestSleep to a limit of the caller's a
//   request (the server)      the same; after kIdle it asks for a doorbell and sleeps until that an
//   answer (the client)      UntilNextLook: guesses from the last answers of the same size how
//                               long it will take, and sleeps most of that
//
// Looking costs nothing, but a sleep between two looks costs some 15 us of processor time, so there
// must be few. A sleep takes kShortestSleep whatever it was asked to take: shorter waits are for
// spinning. Where many threads of one process wait for work, base/thread_pool.h has its own policy.
#ifndef SOTTO_PROTOCOL_POLLER_H_
#define SOTTO_PROTOCOL_POLLER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>

namespace sotto {

// Not thread-safe. The peer decides when it answers, so the guesses are its to spoil: they bound
// nothing but a sleep, of kLongestSleep at most.
class Poller {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::microseconds kShortestSleep{50};
  // Between two looks for an answer.
  static constexpr std::chrono::microseconds kLongestSleep{10'000};
  // Between two looks for a move of the peer's: how late one may be noticed. In the middle of an
  // answer the peer is copying, or was interrupted at it for some milliseconds.
  static constexpr std::chrono::microseconds kLongestPause{200}, kLongestPauseInAnswer{1'000};
  // What a sleep costs in processor time, and longer than an exchange of one row takes.
  static constexpr int kSpins = 512;
  // The peer is doing something else.
  static constexpr std::chrono::milliseconds kIdle{20};
  // A shorter exchange is waited for without a sleep: two sides that sleep miss each other, each
  // round trip, by a sleep of the other, and would take that for the usual time.
  static constexpr std::chrono::microseconds kShortExchange{300};
  // By how much a sleep may be longer than it was asked to be. Without it, what is measured would
  // never become shorter than the sleeps it is measured with.
  static constexpr std::chrono::microseconds kSleepsLonger{100};
  // Sizes remembered; beyond it (a caller who varies its rows without end) all are forgotten.
  static constexpr size_t kMaxSizes = 256;

  // A processor's time for copying them, at least.
  static constexpr std::chrono::nanoseconds TimeToCopy(uint64_t bytes) {
    return std::chrono::nanoseconds(bytes / 8);
  }

  // One wait, for what should come at any moment.
  class Wait {
   public:
    // No sleep is longer than `longest`.
    explicit Wait(std::chrono::microseconds longest = kLongestPause) : longest_(longest) {}

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
    const std::chrono::microseconds longest_;
    int spins_ = 0;
    Clock::time_point slow_since_;  // When spinning was over.
    Clock::duration slept_{};       // Since then.
    Clock::duration expected_{};
  };

  // An exchange that moves `bytes` bytes has been sent. Sequence numbers rise.
  void Sent(uint64_t sequence, uint64_t bytes, Clock::time_point now);
  // Its answer has begun to come. Without effect for what was not sent.
  void Answered(uint64_t sequence, Clock::time_point now);
  // How long to sleep before it is worth to look again; zero: spin. Three quarters of what is left
  // of the oldest exchange's usual time, if that is not short, and once it is over, an eighth of
  // the time it has taken: few looks, none of them late by more than that.
  Clock::duration UntilNextLook(Clock::time_point now) const;

 private:
  struct UnderWay {
    uint64_t bytes;
    Clock::time_point sent;
  };

  std::map<uint64_t, UnderWay> under_way_;       // By sequence number.
  std::map<uint64_t, Clock::duration> usually_;  // By bytes: as many as a model has layer shapes.
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_POLLER_H_
