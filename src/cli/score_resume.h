// What an earlier run left of the results, and how far the input goes with it.
#ifndef SOTTO_CLI_SCORE_RESUME_H_
#define SOTTO_CLI_SCORE_RESUME_H_

#include <cstdint>
#include <string>

#include "base/status.h"
#include "cli/score_input.h"
#include "cli/score_job.h"
#include "cli/score_output.h"

namespace sotto {

struct KeptResults {
  uint64_t bytes = 0;     // Of whole lines; what stands behind them is a line that was cut.
  size_t lines = 0;       // Among them, results.
  bool complete = false;  // The last is the last line of a corpus's or a share's results.
};

// Reads the results at `path` and the input beside them, which stands behind the records they were
// made of afterwards. Every line must carry the check of its record: FAILED_PRECONDITION, naming
// the first that does not, since it was made of another input, model, precision or settings, and
// which of them it is as far as checks tell;
// DATA_LOSS for a line that is no result. Adds the lines of a corpus to `totals`.
absl::StatusOr<KeptResults> KeepResults(const std::string& path, const ScoreJob& job,
                                        ScoreInput& input, CorpusTotals& totals);

// Whether the results at `path` are the first ones of this job, but not all: a run from the
// beginning would lose them. `input`: the job's, from its beginning.
bool AreUnfinished(const std::string& path, const ScoreJob& job, ScoreInput input);

}  // namespace sotto

#endif  // SOTTO_CLI_SCORE_RESUME_H_
