// When a run that lost its servers tries again: ever later, and not all clients at the same moment.
#ifndef SOTTO_TRUSTED_API_RETRY_SCHEDULE_H_
#define SOTTO_TRUSTED_API_RETRY_SCHEDULE_H_

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "base/status.h"

namespace sotto {

// True for what may pass: a server that is not there (UNAVAILABLE) or does not answer
// (DEADLINE_EXCEEDED). A caught lie (ABORTED) or a refusal does not pass by asking again.
bool MayPass(const absl::Status& status);

class RetrySchedule {
 public:
  struct Retry {
    int number = 0, of = 0;
    std::chrono::milliseconds wait{};
    // "retrying in 1.5 s (attempt 2 of 3)"
    std::string ToString() const;
  };

  // `retries` over the whole run. Waits double from one second, up to `longest`; each is then
  // shortened by up to half, by `uniform`, which draws from [0, 1).
  RetrySchedule(int retries, std::chrono::milliseconds longest, std::function<double()> uniform);

  // Nothing when all are used up.
  std::optional<Retry> Next();
  // Something was achieved since the last one: the next wait is short again.
  void Restart() { failures_in_a_row_ = 0; }

 private:
  const int retries_;
  const std::chrono::milliseconds longest_;
  const std::function<double()> uniform_;
  int used_ = 0, failures_in_a_row_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_RETRY_SCHEDULE_H_
