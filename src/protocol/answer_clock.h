// When to look for the next answer in shared memory. Looking costs nothing, but a sleep between two
// looks costs the trusted side some 15 us of processor time, so there must be few: how long an
// exchange will take is guessed from the last ones of its size.
#ifndef SOTTO_PROTOCOL_ANSWER_CLOCK_H_
#define SOTTO_PROTOCOL_ANSWER_CLOCK_H_

#include <chrono>
#include <cstdint>
#include <map>

namespace sotto {

// Not thread-safe. The peer decides when it answers, so the guesses are its to spoil: they bound
// nothing but a sleep, of kLongestSleep at most.
class AnswerClock {
 public:
  using Clock = std::chrono::steady_clock;

  // What a sleep takes at least, whatever it was asked to take: shorter waits are for spinning.
  static constexpr std::chrono::microseconds kShortestSleep{50};
  static constexpr std::chrono::microseconds kLongestSleep{10'000};

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

#endif  // SOTTO_PROTOCOL_ANSWER_CLOCK_H_
