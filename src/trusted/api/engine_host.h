// The engine of a Prefill: made when it is needed, and anew after a server was lost.
#ifndef SOTTO_TRUSTED_API_ENGINE_HOST_H_
#define SOTTO_TRUSTED_API_ENGINE_HOST_H_

#include <memory>
#include <optional>
#include <utility>

#include "base/status.h"
#include "trusted/api/backend.h"
#include "trusted/api/retry_schedule.h"
#include "trusted/engine/engine.h"

namespace sotto {

class EngineHost {
 public:
  EngineHost(std::unique_ptr<Backend> backend, const EngineOptions& options, RetrySchedule retries)
      : backend_(std::move(backend)), options_(options), retries_(std::move(retries)) {}

  const EngineOptions& options() const { return options_; }
  // REQUIRES: Load() or EnsureLoaded() succeeded, and no Drop() since.
  Engine& engine() { return *engine_; }

  // Makes the engine: loads weights, connects. Tries again as TryAgain() says.
  absl::Status Load();
  absl::Status EnsureLoaded() { return engine_ == nullptr ? Load() : absl::OkStatus(); }
  // Whether a failure with `status` is followed by another attempt; waits before it.
  bool TryAgain(const absl::Status& status);
  void Succeeded() { retries_.Restart(); }

  void Count(const PassTotals& pass);
  std::optional<SplitReport> Report() const { return backend_->Report(totals_); }

  // Connections end; what is loaded of weights in the split mode stays.
  void Drop();

 private:
  const std::unique_ptr<Backend> backend_;
  const EngineOptions options_;
  RetrySchedule retries_;
  std::unique_ptr<Engine> engine_;
  PassTotals totals_;  // Since the last connection.
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_ENGINE_HOST_H_
