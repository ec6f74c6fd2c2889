// Linear layers multiplied in this process, by oneDNN.
#ifndef SOTTO_ENCLAVE_LINEAR_LOCAL_H_
#define SOTTO_ENCLAVE_LINEAR_LOCAL_H_

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/thread_pool.h"
#include "enclave/linear/linear.h"
#include "model/checkpoint.h"

namespace sotto {

enum class Precision {
  kF32,
  kBf16,   // bf16 operands, f32 accumulation
  kInt8,   // int8 weights per output channel, int8 activations per token
  kFixed,  // DESIGN's fixed-point format: int8 weights, up to 16-bit activations, exact integers
};
std::string_view PrecisionName(Precision precision);
// "auto" becomes bf16 where the CPU has it in hardware, else f32. INVALID_ARGUMENT otherwise.
absl::StatusOr<Precision> ParsePrecision(std::string_view name);

// kBf16 and kInt8: bf16. kF32 and kFixed: f32.
AttentionPrecision AttentionPrecisionFor(Precision precision);

// What a local linear will take, known before anything is loaded.
struct LocalLinearMemory {
  size_t weight_bytes = 0;     // Packed weights, scales and biases.
  size_t workspace_bytes = 0;  // As WorkspaceBytes() will say.
};
LocalLinearMemory PlanLocalLinear(const LlamaConfig& config, Precision precision, size_t max_tokens,
                                  int threads);

struct LocalLinearOptions {
  Precision precision = Precision::kF32;
  // Where packed weights are kept for the next start (weight_cache.h), made if it is not there;
  // empty: nowhere. A cache that is damaged is rebuilt, one that cannot be written is done without;
  // both are logged. The cache is not encrypted: FAILED_PRECONDITION for a sealed model.
  std::string weight_cache_dir = {};
};

// Converts and reorders every weight once, layer by layer, dropping the checkpoint's pages behind.
// UNIMPLEMENTED for int8 and fixed on a processor whose byte products are not exact.
absl::StatusOr<std::unique_ptr<Linear>> MakeLocalLinear(const Checkpoint& checkpoint,
                                                        const LocalLinearOptions& options,
                                                        ThreadPool& pool);

}  // namespace sotto

#endif  // SOTTO_ENCLAVE_LINEAR_LOCAL_H_
