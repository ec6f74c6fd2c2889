#include <utility>

#include "base/strings.h"
#include "cli/memory_needed.h"
#include "cli/prefill_backend.h"
#include "enclave/linear/local.h"

namespace sotto {
namespace {

// What the user can do about a run that does not fit.
absl::Status WithHint(const absl::Status& status, const EngineOptions& options) {
  if (status.ok() || options.batch_size == 1) return status;
  return absl::Status(status.code(), ToAbsl(StrCat(ToStd(status.message()),
                                                   "; a smaller --batch-size needs less")));
}

class LocalBackend final : public PrefillBackend {
 public:
  LocalBackend(const Checkpoint& checkpoint, const PrefillOptions& options, ThreadPool& pool,
               size_t kept_positions)
      : checkpoint_(checkpoint), options_(options), pool_(pool), kept_positions_(kept_positions) {}

  absl::StatusOr<std::unique_ptr<Engine>> MakeEngine(const EngineOptions& options) override {
    const LocalLinearOptions how = {.precision = options_.precision.linear,
                                    .weight_cache_dir = options_.weight_cache_dir,
                                    .attention = options_.precision.attention};
    SOTTO_RETURN_IF_ERROR(
        WithHint(CheckLocalRunFits(checkpoint_, how, options, kept_positions_), options));
    SOTTO_ASSIGN_OR_RETURN(std::unique_ptr<Linear> linear,
                           MakeLocalLinear(checkpoint_, how, pool_));
    EngineOptions with_pool = options;
    with_pool.pool = &pool_;
    return Engine::Create(checkpoint_, std::move(linear), with_pool);
  }

  nlohmann::ordered_json Detail(const PassTotals&) const override { return nullptr; }

 private:
  const Checkpoint& checkpoint_;
  const PrefillOptions& options_;
  ThreadPool& pool_;
  const size_t kept_positions_;
};

}  // namespace

std::unique_ptr<PrefillBackend> MakeLocalBackend(const Checkpoint& checkpoint,
                                                 const PrefillOptions& options, ThreadPool& pool,
                                                 size_t kept_positions) {
  return std::make_unique<LocalBackend>(checkpoint, options, pool, kept_positions);
}

}  // namespace sotto
