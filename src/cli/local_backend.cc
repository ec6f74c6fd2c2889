#include <utility>

#include "cli/memory_needed.h"
#include "cli/prefill_backend.h"
#include "enclave/linear/local.h"

namespace sotto {
namespace {

class LocalBackend final : public PrefillBackend {
 public:
  LocalBackend(const Checkpoint& checkpoint, const PrefillOptions& options, ThreadPool& pool)
      : checkpoint_(checkpoint), options_(options), pool_(pool) {}

  absl::StatusOr<std::unique_ptr<Engine>> MakeEngine(const EngineOptions& options) override {
    const LocalLinearOptions how = {.precision = options_.precision.linear,
                                    .weight_cache_dir = options_.weight_cache_dir,
                                    .attention = options_.precision.attention};
    SOTTO_RETURN_IF_ERROR(CheckLocalRunFits(checkpoint_, how, options));
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
};

}  // namespace

std::unique_ptr<PrefillBackend> MakeLocalBackend(const Checkpoint& checkpoint,
                                                 const PrefillOptions& options, ThreadPool& pool) {
  return std::make_unique<LocalBackend>(checkpoint, options, pool);
}

}  // namespace sotto
