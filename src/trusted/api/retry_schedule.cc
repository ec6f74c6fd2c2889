#include "trusted/api/retry_schedule.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/strings.h"

namespace sotto {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirst{1000};
constexpr int kMostDoublings = 20;  // Twelve days: beyond any timeout, within any integer.

}  // namespace

bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

std::string RetrySchedule::Retry::ToString() const {
  char seconds[32];
  std::snprintf(seconds, sizeof(seconds), "%.1f", static_cast<double>(wait.count()) / 1000);
  return StrCat("retrying in ", seconds, " s (attempt ", number, " of ", of, ")");
}

RetrySchedule::RetrySchedule(int retries, milliseconds longest, std::function<double()> uniform)
    : retries_(retries), longest_(longest), uniform_(std::move(uniform)) {}

std::optional<RetrySchedule::Retry> RetrySchedule::Next() {
  if (used_ == retries_) return std::nullopt;
  const milliseconds most =
      std::min(longest_, kFirst * (int64_t{1} << std::min(failures_in_a_row_, kMostDoublings)));
  ++failures_in_a_row_;
  const double share = 1 - uniform_() / 2;
  return Retry{.number = ++used_,
               .of = retries_,
               .wait = std::chrono::duration_cast<milliseconds>(most * share)};
}

}  // namespace sotto
