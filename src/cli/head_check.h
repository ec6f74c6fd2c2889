// Whether a model can do what a command was asked for.
#ifndef SOTTO_CLI_HEAD_CHECK_H_
#define SOTTO_CLI_HEAD_CHECK_H_

#include "base/status.h"
#include "cli/score_job.h"
#include "sotto/model.h"

namespace sotto {

// FAILED_PRECONDITION, naming model, architecture and the command that would do, where the model's
// head does not compute it; before weights are packed. UNIMPLEMENTED for embeddings that code of
// the checkpoint's own makes. `sotto prefill` needs what kScore does.
absl::Status CheckHead(const ModelInfo& model, LineTask task);

}  // namespace sotto

#endif  // SOTTO_CLI_HEAD_CHECK_H_
