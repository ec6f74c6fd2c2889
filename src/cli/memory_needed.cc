#include "cli/memory_needed.h"

#include "base/memory.h"
#include "base/strings.h"
#include "enclave/prefill/memory_plan.h"
#include "model/tensor_names.h"

namespace sotto {

MemoryNeeded PlanLocalRun(const Checkpoint& checkpoint, const LocalLinearOptions& how,
                          const EngineOptions& options) {
  const LlamaConfig& config = checkpoint.config();
  const LocalLinearMemory linear =
      PlanLocalLinear(config, how.precision, TokenBlockRows(options), ThreadsPerLane(options));
  const AttentionPlan attention =
      AttentionPlanFor(config, how.attention.value_or(AttentionPrecisionFor(how.precision)));
  const absl::StatusOr<TensorRef> embedding = checkpoint.Find(kEmbeddingName);
  return {linear.weight_bytes + (embedding.ok() ? embedding->data.size() : 0),
          PlanMemory(config, attention, linear.workspace_bytes, options).total_bytes()};
}

absl::Status CheckLocalRunFits(const Checkpoint& checkpoint, const LocalLinearOptions& how,
                               const EngineOptions& options) {
  return CheckMemoryFits(StrCat("precision ", PrecisionName(how.precision), " with batches of ",
                                options.batch_size, " x ", options.prefill_length),
                         PlanLocalRun(checkpoint, how, options).total_bytes());
}

}  // namespace sotto
