// Linear layers multiplied by accelerators that are not trusted: quantise, hide, exchange, reveal,
// verify, scale. The local twin, to the bit, is precision `fixed` of local.h.
#ifndef SOTTO_TRUSTED_SPLIT_OFFLOADED_H_
#define SOTTO_TRUSTED_SPLIT_OFFLOADED_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "protocol/accelerator_channel.h"
#include "trusted/linear/linear.h"
#include "trusted/split/blinder.h"
#include "trusted/split/caught_lie.h"
#include "trusted/split/exchange_stock.h"
#include "trusted/split/protected_layers.h"

namespace sotto {

struct OffloadedOptions {
  // Freivalds on every row of every answer. Only protection `plain` may turn it off.
  bool verify = true;
  // Rows of one exchange at most. While one is with the accelerators, the next is made ready.
  size_t exchange_rows = 128;
  // Told of a lie, when not null.
  std::shared_ptr<CaughtLie> caught{};
};

// Sums over all lanes since the start. Hiding and revealing in processor time, the others in wall
// time.
struct OffloadedStats {
  uint64_t exchanges = 0;
  uint64_t hiding_ns = 0;     // Norm, quantise, mask.
  uint64_t revealing_ns = 0;  // Unmask, verify, scale, tail.
  uint64_t sending_ns = 0;    // In Submit: copying, and blocking while the window is full.
  uint64_t waiting_ns = 0;    // For answers.
};

class OffloadedLinear final : public Linear {
 public:
  // `layers` may serve many. channels.size() == blinder->servers(); channel k is server k of every
  // exchange.
  OffloadedLinear(std::shared_ptr<const ProtectedLayers> layers, std::unique_ptr<Blinder> blinder,
                  std::vector<std::shared_ptr<AcceleratorChannel>> channels,
                  const OffloadedOptions& options);
  ~OffloadedLinear() override;

  size_t WorkspaceBytes(size_t max_tokens, int threads) const override;

  // ABORTED when an answer fails verification: y must not be used, the masks are destroyed, the
  // channels ended, and every later call fails the same way. The same holds for a channel's errors,
  // but that ABORTED replaces any other: answers that are complete when a channel fails are
  // verified all the same, this call's and other lanes'.
  // How many messages are sent, to whom and of what size depends on layer and x.rows() alone.
  absl::Status Apply(LinearLayer layer, const LinearInput& input, LinearTail tail,
                     MatrixView<float> y, ThreadPool& pool) override;

  OffloadedStats stats() const;
  const Blinder& blinder() const { return *blinder_; }

 private:
  struct Call;
  struct Slot;
  struct Counters;

  size_t ExchangeRows(LinearLayer layer) const;
  // An exchange of `layer`: from the stock, or a new one.
  absl::StatusOr<BegunExchange> Begin(LinearLayer layer, size_t rows);
  // What the next layer's exchange can begin with before its rows exist, into the stock.
  absl::Status BeginNext(LinearLayer layer, size_t rows);
  absl::Status Start(const Call& call, size_t first, size_t rows, Slot& slot);
  // Waits for the answers, then verifies and reveals them.
  absl::Status Finish(const Call& call, Slot& slot);
  // False when a product is missing; `status` joins what the channels say.
  bool Await(Slot& slot, absl::Status& status);
  absl::Status Reveal(const Call& call, Slot& slot);
  // Ends everything because of `why`; returns the gravest reason so far.
  absl::Status Die(const absl::Status& why);
  // The same, after a look at what this call has still under way.
  absl::Status Die(Call& call, const absl::Status& why);

  const std::shared_ptr<const ProtectedLayers> layers_;
  const std::unique_ptr<Blinder> blinder_;
  const std::vector<std::shared_ptr<AcceleratorChannel>> channels_;
  const OffloadedOptions options_;
  const std::unique_ptr<Counters> counters_;
  ExchangeStock stock_;
  mutable std::mutex mutex_;
  absl::Status dead_;  // The gravest error.
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_OFFLOADED_H_
