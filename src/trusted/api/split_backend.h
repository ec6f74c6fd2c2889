// Accelerators multiply: from the public split options to what the runtime takes (the one place
// that completes them), and a Backend over it.
#ifndef SOTTO_TRUSTED_API_SPLIT_BACKEND_H_
#define SOTTO_TRUSTED_API_SPLIT_BACKEND_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

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
                          int threads, FixedWeights fixed_weights = FixedWeights::k12Bits);

// What the user must read before anything runs, beginning "NOT CONFIDENTIAL"; empty when the
// protection holds.
std::string ConfidentialityWarning(const SplitOptions& options);

class SplitBackend final : public Backend {
 public:
  // `checkpoint` and `pool` outlive the backend. `wrap`, unless null, is put around every channel:
  // how an audit listens. Then there is one lane, so that rows pass in the order of the tokens.
  SplitBackend(const Checkpoint& checkpoint, SplitSetup setup, ThreadPool& pool,
               SplitRuntime::ChannelWrapper wrap = nullptr)
      : checkpoint_(checkpoint), setup_(std::move(setup)), pool_(pool), wrap_(std::move(wrap)) {}

  // Errors: split/split.h's.
  absl::StatusOr<std::unique_ptr<Engine>> MakeEngine(const EngineOptions& options) override;
  std::optional<SplitReport> Report(const PassTotals& totals) const override;
  void Close() override { split_ = {}; }

  const SplitSetup& setup() const { return setup_; }
  // REQUIRES of the next two: MakeEngine() succeeded.
  const SplitRuntime& runtime() const { return *runtime_; }
  // The sessions and counters of the last engine.
  const SplitLinear& split() const { return split_; }

 private:
  absl::Status Prepare();

  const Checkpoint& checkpoint_;
  const SplitSetup setup_;
  ThreadPool& pool_;
  const SplitRuntime::ChannelWrapper wrap_;
  std::unique_ptr<SplitRuntime> runtime_;  // Weights are read once, whatever happens to channels.
  SplitLinear split_;                      // Its `linear` is the engine's.
  int connections_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_SPLIT_BACKEND_H_
