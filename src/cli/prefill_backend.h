// Who multiplies for `sotto prefill`: this process, or accelerators.
#ifndef SOTTO_CLI_PREFILL_BACKEND_H_
#define SOTTO_CLI_PREFILL_BACKEND_H_

#include <cstddef>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "base/thread_pool.h"
#include "cli/prefill_options.h"
#include "enclave/prefill/engine.h"
#include "model/checkpoint.h"

namespace sotto {

// What the forward passes came to.
struct PassTotals {
  size_t tokens = 0;       // Positions computed, padding included.
  double cpu_seconds = 0;  // Of this process, all threads.
};

class PrefillBackend {
 public:
  virtual ~PrefillBackend() = default;

  // Loads what is not loaded yet, connects, and returns an engine ready to run. May be called
  // again after a run failed with UNAVAILABLE, once the engine before is gone.
  virtual absl::StatusOr<std::unique_ptr<Engine>> MakeEngine(const EngineOptions& options) = 0;

  // The result's "mode_detail"; null where there is none. While the last engine lives.
  virtual nlohmann::ordered_json Detail(const PassTotals& totals) const = 0;

  // Ends what an accelerator could watch, once the last engine is gone.
  virtual void Close() {}
};

// `checkpoint`, `options` and `pool` outlive the backend. `kept_positions`: whose scores the run
// keeps meanwhile, for the plan of its memory.
std::unique_ptr<PrefillBackend> MakeLocalBackend(const Checkpoint& checkpoint,
                                                 const PrefillOptions& options, ThreadPool& pool,
                                                 size_t kept_positions);
// REQUIRES: options.split. Errors: linear/split.h's.
std::unique_ptr<PrefillBackend> MakeSplitBackend(const Checkpoint& checkpoint,
                                                 const PrefillOptions& options, ThreadPool& pool);

}  // namespace sotto

#endif  // SOTTO_CLI_PREFILL_BACKEND_H_
