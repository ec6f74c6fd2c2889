// The progress line of the commands that read lines, whose input may be longer than is known.
#ifndef SOTTO_CLI_SCORE_PROGRESS_H_
#define SOTTO_CLI_SCORE_PROGRESS_H_

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>

#include "cli/status_line.h"
#include "sotto/prefill.h"

namespace sotto {

struct ScoreState {
  const char* task = "score";
  size_t count = 0;              // Done, of lines or, where nobody is to count these, rows.
  const char* counted = "line";  // Which.
  double tokens = 0, seconds = 0;
  std::optional<double> share = {};  // Of the input that is scored, from 0 to 1; none: not known.
  double first_share = 0;            // What was there already when the run began.
};

// "score 37 %  412 lines  1234 tokens/s  0:12 left"
std::string ScoreProgressLine(const ScoreState& state);

class ScoreProgress {
 public:
  // `begin`: task and what is counted. `first_share`: of the input, what an earlier run had done.
  ScoreProgress(ProgressMode mode, const ScoreState& begin, std::optional<double> first_share);

  // A round begins, behind so many; when it is done, so much of the input will be.
  void BeginRound(size_t count, std::optional<double> share_then);
  // Of the round. Thread-safe; cheap.
  void Show(const Progress& progress);

 private:
  std::string Line();

  std::mutex mutex_;
  ScoreState state_;
  std::optional<double> share_before_, share_then_;
  double tokens_before_ = 0;
  Progress round_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  StatusLine line_;  // Draws the rest, and so ends first.
};

}  // namespace sotto

#endif  // SOTTO_CLI_SCORE_PROGRESS_H_
