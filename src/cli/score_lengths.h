// What of a job that reads lines depends on the model.
#ifndef SOTTO_CLI_SCORE_LENGTHS_H_
#define SOTTO_CLI_SCORE_LENGTHS_H_

#include "base/status.h"
#include "cli/score_job.h"
#include "sotto/model.h"

namespace sotto {

// Fills in the lengths that were not given. INVALID_ARGUMENT, naming the flag, for what the model
// has no room for.
absl::Status ResolveForModel(const ModelInfo& model, ScoreJob& job);

}  // namespace sotto

#endif  // SOTTO_CLI_SCORE_LENGTHS_H_
