#include <utility>

#include "trusted/api/backend.h"
#include "trusted/api/engine_host.h"
#include "trusted/api/memory_needed.h"

namespace sotto {
namespace {

class LocalBackend final : public Backend {
 public:
  LocalBackend(const Checkpoint& checkpoint, const LocalLinearOptions& options, ThreadPool& pool)
      : checkpoint_(checkpoint), options_(options), pool_(pool) {}

  absl::StatusOr<std::unique_ptr<Engine>> MakeEngine(const EngineOptions& options) override {
    SOTTO_RETURN_IF_ERROR(CheckLocalRunFits(checkpoint_, options_, options));
    SOTTO_ASSIGN_OR_RETURN(std::unique_ptr<Linear> linear,
                           MakeLocalLinear(checkpoint_, options_, pool_));
    EngineOptions with_pool = options;
    with_pool.pool = &pool_;
    return Engine::Create(checkpoint_, std::move(linear), with_pool);
  }

  std::optional<SplitReport> Report(const PassTotals&) const override { return std::nullopt; }

 private:
  const Checkpoint& checkpoint_;
  const LocalLinearOptions options_;
  ThreadPool& pool_;
};

class LentBackend final : public Backend {
 public:
  LentBackend(const Checkpoint& checkpoint, EngineHost& owner, ThreadPool& pool)
      : checkpoint_(checkpoint), owner_(owner), pool_(pool) {}

  absl::StatusOr<std::unique_ptr<Engine>> MakeEngine(const EngineOptions& options) override {
    EngineOptions with_pool = options;
    with_pool.pool = &pool_;
    return Engine::Create(checkpoint_, owner_.engine().Lend(), with_pool);
  }

  std::optional<SplitReport> Report(const PassTotals&) const override { return std::nullopt; }

 private:
  const Checkpoint& checkpoint_;
  EngineHost& owner_;
  ThreadPool& pool_;
};

}  // namespace

std::unique_ptr<Backend> MakeLentBackend(const Checkpoint& checkpoint, EngineHost& owner,
                                         ThreadPool& pool) {
  return std::make_unique<LentBackend>(checkpoint, owner, pool);
}

std::unique_ptr<Backend> MakeLocalBackend(const Checkpoint& checkpoint,
                                          const LocalLinearOptions& options, ThreadPool& pool) {
  return std::make_unique<LocalBackend>(checkpoint, options, pool);
}

}  // namespace sotto
