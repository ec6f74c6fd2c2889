// Whether a local run fits the machine, known before anything is loaded.
#ifndef SOTTO_CLI_MEMORY_NEEDED_H_
#define SOTTO_CLI_MEMORY_NEEDED_H_

#include <cstdint>

#include "base/status.h"
#include "enclave/linear/local.h"
#include "enclave/prefill/engine.h"
#include "model/checkpoint.h"

namespace sotto {

struct MemoryNeeded {
  uint64_t weight_bytes = 0;  // Linear layers as the precision holds them, and the embedding table.
  uint64_t arena_bytes = 0;   // Activations, keys and values: Engine::arena_bytes().

  uint64_t total_bytes() const { return weight_bytes + arena_bytes; }
};

MemoryNeeded PlanLocalRun(const Checkpoint& checkpoint, const LocalLinearOptions& how,
                          const EngineOptions& options);

// FAILED_PRECONDITION, with both figures, when the run needs more than the system has available.
absl::Status CheckLocalRunFits(const Checkpoint& checkpoint, const LocalLinearOptions& how,
                               const EngineOptions& options);

}  // namespace sotto

#endif  // SOTTO_CLI_MEMORY_NEEDED_H_
