// Who multiplies: this process, or accelerators (split_backend.h).
#ifndef SOTTO_TRUSTED_API_BACKEND_H_
#define SOTTO_TRUSTED_API_BACKEND_H_

#include <cstddef>
#include <memory>
#include <optional>

#include "base/status.h"
#include "base/thread_pool.h"
#include "model/checkpoint.h"
#include "sotto/prefill.h"
#include "trusted/engine/engine.h"
#include "trusted/linear/local.h"

namespace sotto {

class EngineHost;

// What the forward passes came to since the last connection.
struct PassTotals {
  size_t tokens = 0;       // Positions computed, padding included.
  double cpu_seconds = 0;  // Of this process, all threads.
};

class Backend {
 public:
  virtual ~Backend() = default;

  // Loads what is not loaded yet, connects, and returns an engine ready to run. May be called
  // again after a run failed, once the engine before is gone.
  virtual absl::StatusOr<std::unique_ptr<Engine>> MakeEngine(const EngineOptions& options) = 0;

  // Of accelerators, while the last engine lives; nothing where there are none.
  virtual std::optional<SplitReport> Report(const PassTotals& totals) const = 0;

  // Ends what an accelerator could watch, once the last engine is gone.
  virtual void Close() {}
};

// `checkpoint` and `pool` outlive the backend.
std::unique_ptr<Backend> MakeLocalBackend(const Checkpoint& checkpoint,
                                          const LocalLinearOptions& options, ThreadPool& pool);

// Computes with what `owner`'s engine has loaded, which stays loaded and outlives the backend.
std::unique_ptr<Backend> MakeLentBackend(const Checkpoint& checkpoint, EngineHost& owner,
                                         ThreadPool& pool);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_BACKEND_H_
