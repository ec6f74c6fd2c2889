// `sotto score`, `classify` and `embed`, from the job to the results.
#ifndef SOTTO_CLI_SCORE_RUN_H_
#define SOTTO_CLI_SCORE_RUN_H_

#include "base/status.h"
#include "cli/score_job.h"

namespace sotto {

absl::Status RunScore(ScoreJob job);

}  // namespace sotto

#endif  // SOTTO_CLI_SCORE_RUN_H_
