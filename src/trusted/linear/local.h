// Linear layers multiplied in this process, by oneDNN.
#ifndef SOTTO_TRUSTED_LINEAR_LOCAL_H_
#define SOTTO_TRUSTED_LINEAR_LOCAL_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/thread_pool.h"
#include "kernels/gemm.h"
#include "model/checkpoint.h"
#include "sotto/precision.h"
#include "trusted/linear/linear.h"

namespace sotto {

std::string_view PrecisionName(Precision precision);
// "auto" becomes the faster of bf16 and f32 on this machine, by a measurement that a
// process makes once (kernels/measured_rates.h). INVALID_ARGUMENT otherwise.
absl::StatusOr<Precision> ParsePrecision(std::string_view name);

int FixedWeightBits(FixedWeights width);  // 12 or 8

std::string_view AttentionPrecisionName(AttentionPrecision precision);
// What attention is computed in where nobody says. kF32 and kFixed: f32, always. kBf16 and kInt8:
// the faster of bf16 and f32, measured once a process.
AttentionPrecision AttentionPrecisionFor(Precision precision);

// How the weight of each linear layer is kept, in the order of AllLinearLayers(). For kF32, weights
// that the checkpoint has in BF16 stay so: the results are the same to the bit.
using WeightForms = std::vector<GemmOperands>;
WeightForms WeightFormsOf(const Checkpoint& checkpoint, Precision precision,
                          FixedWeights fixed_weights = FixedWeights::k12Bits);

// What a local linear will take, known before anything is loaded.
struct LocalLinearMemory {
  size_t weight_bytes = 0;     // Packed weights, scales and biases.
  size_t packing_bytes = 0;    // While weights are packed, and no longer.
  size_t workspace_bytes = 0;  // As WorkspaceBytes() will say.
};
// `forms`: of the layers of `config` at least, in their order.
LocalLinearMemory PlanLocalLinear(const ModelSpec& config, Precision precision,
                                  const WeightForms& forms, size_t max_tokens, int threads);

struct LocalLinearOptions {
  Precision precision = Precision::kF32;
  // Where packed weights are kept for the next start (weight_cache.h), made if it is not there;
  // empty: nowhere. A cache that is damaged is rebuilt, one that cannot be written is done without;
  // both are logged. The cache is neither encrypted nor authenticated: for the caller to refuse
  // where weights are secret, where their digest is pinned, and where the host is not trusted.
  std::string weight_cache_dir = {};
  // Of attention between the layers; none: AttentionPrecisionFor(precision).
  std::optional<AttentionPrecision> attention = {};
  // False: for hidden states alone. Then lm_head is not packed, and must not be applied.
  bool lm_head = true;
  FixedWeights fixed_weights = FixedWeights::k12Bits;  // Of kFixed.
};
// `config` with those linear layers that are packed.
ModelSpec PackedSpec(ModelSpec config, const LocalLinearOptions& options);

// Converts and reorders every weight once, layer by layer, dropping the checkpoint's pages behind.
// RESOURCE_EXHAUSTED when the system does not give the memory.
absl::StatusOr<std::unique_ptr<Linear>> MakeLocalLinear(const Checkpoint& checkpoint,
                                                        const LocalLinearOptions& options,
                                                        ThreadPool& pool);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_LINEAR_LOCAL_H_
