// The "check" of a line of results: 16 hex digits that tell whether it was made of the same input
// up to its line, with the same model, precision and settings. Resuming and joining rely on it.
//
// c[-1] is the SHA-256 of the settings, c[i] that of c[i-1], a line feed, and line i of the input;
// a line of results has the beginning of c[i]. It tells the input to whoever can guess it, as the
// results do.
#ifndef SOTTO_CLI_SCORE_CHECK_H_
#define SOTTO_CLI_SCORE_CHECK_H_

#include <string>
#include <string_view>

#include "base/status.h"
#include "cli/score_job.h"
#include "sotto/prefill.h"

namespace sotto {

class CheckChain {
 public:
  explicit CheckChain(std::string_view settings);

  void Add(std::string_view line);
  // Of everything so far.
  std::string check() const { return state_.substr(0, 16); }
  const std::string& whole() const { return state_; }

 private:
  std::string state_;
};

// Whether the same command computes the same results: no precision is chosen by measuring.
bool IsRepeatable(const PrefillOptions& options);

// All that results depend on beside the lines. `job`: lengths and precisions resolved.
std::string CheckedSettings(const ScoreJob& job, std::string_view model_sha256);

}  // namespace sotto

#endif  // SOTTO_CLI_SCORE_CHECK_H_
