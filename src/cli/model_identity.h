// Which model a run used, and where that could not be said.
#ifndef SOTTO_CLI_MODEL_IDENTITY_H_
#define SOTTO_CLI_MODEL_IDENTITY_H_

#include <optional>

#include "base/status.h"
#include "base/thread_pool.h"
#include "cli/prefill_options.h"
#include "enclave/tee/platform.h"
#include "model/checkpoint.h"

namespace sotto {

// FAILED_PRECONDITION where a weight cache is asked for and must not be: for a sealed model, whose
// weights it would hold in the clear, and in a TEE, whose host could change it unnoticed.
absl::Status CheckWeightCache(const PrefillOptions& options, Platform platform);

// What the result says the model was; nothing where weights may have come from a cache, since a
// cache does not prove what it was made of. Errors as Checkpoint::Digests.
absl::StatusOr<std::optional<ModelDigests>> UsedDigests(const PrefillOptions& options,
                                                        const Checkpoint& checkpoint,
                                                        ThreadPool& pool);

}  // namespace sotto

#endif  // SOTTO_CLI_MODEL_IDENTITY_H_
