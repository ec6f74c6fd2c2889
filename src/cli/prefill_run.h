// `sotto prefill` itself: prompts and a model in, result files out. TRUSTED.
#ifndef SOTTO_CLI_PREFILL_RUN_H_
#define SOTTO_CLI_PREFILL_RUN_H_

#include "base/status.h"
#include "cli/prefill_options.h"

namespace sotto {

// Everything that can be found wrong early is: prompts, model, lengths and outputs are checked
// before weights are loaded. On an error no output file appears, and none that was there changes.
absl::Status RunPrefill(const PrefillJob& options);

}  // namespace sotto

#endif  // SOTTO_CLI_PREFILL_RUN_H_
