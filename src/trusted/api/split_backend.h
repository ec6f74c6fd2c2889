// Accelerators multiply: from the public split options to what the runtime takes (the one place
// that completes them), and a Backend over it.
#ifndef SOTTO_TRUSTED_API_SPLIT_BACKEND_H_
#define SOTTO_TRUSTED_API_SPLIT_BACKEND_H_

#include <cstddef>
#include <memory>
#include <string>

#include "base/status.h"
#include "base/thread_pool.h"
#include "model/checkpoint.h"
#include "sotto/prefill.h"
#include "trusted/api/backend.h"
#include "trusted/engine/engine.h"
#include "trusted/split/split.h"

namespace sotto {

// One lane computes in the trusted process while the other's rows are with the accelerators.
inline constexpr int kSplitLanes = 2;

// The protection of `options`, chosen by the number of endpoints where none is named.
Protection ProtectionOf(const SplitOptions& options);

// What linear layers are computed in. `wanted` matters to protection plain alone.
Precision PrecisionOf(const SplitOptions& options, Precision wanted);

// The passes that rows are sent for.
struct PassSize {
  size_t batch_size = 1, length = 128;
  Positions positions = Positions::kAll;
};

// `precision` is PrecisionOf(options, ..).
SplitSetup MakeSplitSetup(const SplitOptions& options, const PassSize& pass, Precision precision,
                          int threads);

// What can be said without a model: INVALID_ARGUMENT, perhaps "FIELD: what is wrong with it"; other
// errors as CheckSplitSetup().
absl::Status CheckSplitOptions(const SplitOptions& options);

// What the user must read before anything runs, beginning "NOT CONFIDENTIAL"; empty when the
// protection holds.
std::string ConfidentialityWarning(const SplitOptions& options);

// What of a connected split the engine takes; the sessions stay.
EngineParts TakeParts(SplitLinear& split);

// `checkpoint` and `pool` outlive the backend. Errors: split/split.h's.
std::unique_ptr<Backend> MakeSplitBackend(const Checkpoint& checkpoint, SplitSetup setup,
                                          ThreadPool& pool);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_SPLIT_BACKEND_H_
