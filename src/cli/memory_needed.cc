#include "cli/memory_needed.h"

#include "base/memory.h"
#include "base/strings.h"
#include "enclave/prefill/memory_plan.h"
#include "model/tensor_names.h"

namespace sotto {

MemoryNeeded PlanLocalRun(const Checkpoint& checkpoint, Precision precision,
                          const EngineOptions& options) {
  const LlamaConfig& config = checkpoint.config();
  const LocalLinearMemory linear =
      PlanLocalLinear(config, precision, TokenBlockRows(options), ThreadsPerLane(options));
  const AttentionPlan attention = AttentionPlanFor(config, AttentionPrecisionFor(precision));
  const absl::StatusOr<TensorRef> embedding = checkpoint.Find(kEmbeddingName);
  return {linear.weight_bytes + (embedding.ok() ? embedding->data.size() : 0),
          PlanMemory(config, attention, linear.workspace_bytes, options).total_bytes()};
}

absl::Status CheckLocalRunFits(const Checkpoint& checkpoint, Precision precision,
                               const EngineOptions& options) {
  return CheckMemoryFits(StrCat("precision ", PrecisionName(precision), " with batches of ",
                                options.batch_size, " x ", options.prefill_length),
                         PlanLocalRun(checkpoint, precision, options).total_bytes());
}

}  // namespace sotto
