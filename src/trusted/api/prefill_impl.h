// What a Prefill owns.
#ifndef SOTTO_TRUSTED_API_PREFILL_IMPL_H_
#define SOTTO_TRUSTED_API_PREFILL_IMPL_H_

#include <sys/types.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/thread_pool.h"
#include "sotto/prefill.h"
#include "trusted/api/classifier.h"
#include "trusted/api/engine_host.h"
#include "trusted/api/model_impl.h"
#include "trusted/api/pass_runner.h"

namespace sotto {

// Hidden states as a run's results.
struct PooledRequest {
  Pooling pooling = Pooling::kLast;
  std::vector<size_t> lengths = {};  // Of each prompt: its first so many positions count.
  // Done to the pooled rows of every prompt, those that fill a batch included.
  std::function<void(Hidden&)> finish = {};
  std::function<absl::Status(size_t prompt, Hidden rows)> deliver = {};
};

struct Prefill::Impl {
  Impl(const Model& opened, const PrefillOptions& resolved, const PrecisionReport& chosen)
      : model(opened),
        options(resolved),
        precision(chosen),
        own_pool(opened.impl_->pools.Take(resolved.threads)),
        pool(*own_pool),
        pool_mutex(std::make_shared<std::mutex>()) {}
  // Beside `other`, with batches of another shape.
  Impl(const Impl& other, const PrefillOptions& resolved)
      : model(other.model),
        options(resolved),
        precision(other.precision),
        pool(other.pool),
        pool_mutex(other.pool_mutex),
        classifier(other.classifier) {}
  ~Impl() {
    host.reset();  // Its engine works with the pool.
    if (own_pool != nullptr) model.impl_->pools.Give(std::move(own_pool));
  }

  // Checks prompts, fills batches where padding is computed, runs.
  absl::StatusOr<RunReport> Run(TokenPrompts prompts, const PassRequest& request,
                                const RunControl& control);
  // The runs whose results are made of hidden states (prefill_hidden.cc).
  absl::StatusOr<RunReport> RunEmbed(TokenPrompts prompts, const RunRequest& request,
                                     const RunControl& control);
  absl::StatusOr<RunReport> RunClassify(TokenPrompts prompts, const RunRequest& request,
                                        const RunControl& control);
  absl::StatusOr<RunReport> RunPooled(TokenPrompts prompts, const PooledRequest& pooled,
                                      const RunRequest& request, const RunControl& control);
  // Positions of each prompt that rows come for: its length, or the padded one.
  size_t RowsOf(const std::vector<int32_t>& prompt) const {
    return options.pad_compute ? options.prefill_length : prompt.size();
  }

  const Model model;             // Keeps what the backend refers to.
  const PrefillOptions options;  // Nothing in it is left open.
  const PrecisionReport precision;
  std::unique_ptr<ThreadPool> own_pool = nullptr;  // Null: another's.
  ThreadPool& pool;
  const std::shared_ptr<std::mutex> pool_mutex;  // Held by the run that works with the pool.
  std::shared_ptr<const Classifier> classifier = nullptr;  // Null: the model's head is none.
  const pid_t process = getpid();
  std::optional<EngineHost> host;
  std::mutex mutex;  // One run at a time.
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_PREFILL_IMPL_H_
