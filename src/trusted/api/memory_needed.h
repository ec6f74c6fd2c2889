// What memory a run needs; whether a local one fits the machine, known before anything is loaded.
#ifndef SOTTO_TRUSTED_API_MEMORY_NEEDED_H_
#define SOTTO_TRUSTED_API_MEMORY_NEEDED_H_

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/status.h"
#include "model/checkpoint.h"
#include "sotto/scores.h"
#include "trusted/engine/engine.h"
#include "trusted/linear/local.h"
#include "trusted/split/split_setup.h"

namespace sotto {

struct MemoryNeeded {
  uint64_t weight_bytes = 0;  // Linear layers as the precision holds them, and the embedding table.
  uint64_t packing_bytes = 0;  // While weights are packed: before the arena is there.
  uint64_t arena_bytes = 0;    // Activations, keys and values: Engine::arena_bytes().
  uint64_t lookup_bytes = 0;   // Of an oblivious lookup.
  uint64_t pad_bytes = 0;      // Pads kept in memory, at most.
  // What is not counted one by one: code that oneDNN generates, stacks, prompts, results under way,
  // and what the allocator cannot use.
  uint64_t reserve_bytes = 0;
  uint64_t model_bytes =
      0;  // Of a sealed model: already taken, and not given back on every system.

  // What a run takes beyond what the process has.
  uint64_t total_bytes() const {
    return weight_bytes + std::max(packing_bytes, arena_bytes + lookup_bytes) + pad_bytes +
           reserve_bytes;
  }
};

// "needs 3.1 GB: weights 2.5 GB, ...": one line for a log.
std::string DescribeMemoryNeeded(const MemoryNeeded& needed);

MemoryNeeded PlanLocalRun(const Checkpoint& checkpoint, const LocalLinearOptions& how,
                          const EngineOptions& options);

// Of the trusted process of a split run whose engine has such an arena; without what verification
// keeps, which is small. `setup`: as connected to.
MemoryNeeded PlanSplitRun(const Checkpoint& checkpoint, const SplitSetup& setup,
                          uint64_t arena_bytes, int threads);

// FAILED_PRECONDITION where so little is available that even code cannot be generated: oneDNN does
// not survive that. To be asked before its first use.
absl::Status CheckMemoryToBegin();

// The same for scores of so many positions, which are kept until they may be handed on.
absl::Status CheckScoresFit(size_t positions, const ScoreOptions& options);

// FAILED_PRECONDITION, with both figures, when the run needs more than the system has available.
// What it needs is logged at level info either way.
absl::Status CheckLocalRunFits(const Checkpoint& checkpoint, const LocalLinearOptions& how,
                               const EngineOptions& options);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_MEMORY_NEEDED_H_
