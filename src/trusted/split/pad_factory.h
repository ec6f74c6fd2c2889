// Pads made beforehand: a thread draws R, multiplies R W and keeps both until an exchange takes
// them. Trusted work moved off the critical path, not removed (docs/blinding.md, "pads").
#ifndef SOTTO_TRUSTED_SPLIT_PAD_FACTORY_H_
#define SOTTO_TRUSTED_SPLIT_PAD_FACTORY_H_

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/status.h"
#include "base/thread_pool.h"
#include "model/linear_layers.h"
#include "sotto/split.h"
#include "trusted/split/drbg.h"
#include "trusted/split/pad_store.h"
#include "trusted/split/pad_weights.h"

namespace sotto {

// Of the factory's threads.
inline constexpr char kPadThreadName[] = "sotto-pads";

struct PadOptions {
  PadStoreOptions store;
  WhenOut when_out = WhenOut::kWait;
  // Rows of a pad at most, and so of an exchange; at most kGemmRowBlock.
  size_t rows = 128;
  // Rows that a forward pass sends through every layer, and through lm_head: how the stock is
  // balanced between layers. The factory goes on past one pass while there is room.
  size_t pass_rows = 128, lm_head_rows = 128;
  // They come in blocks of this many rows, the last one shorter. Each block takes pads of its own,
  // however few of a pad's rows it needs.
  size_t block_rows = 128, lm_head_block_rows = 128;
  int threads = 1;  // Of the factory.
};

struct PadStats {
  uint64_t made = 0, used = 0;
  uint64_t waits = 0;            // Exchanges that waited for the factory.
  uint64_t local_exchanges = 0;  // Exchanges multiplied here for want of a pad.
  uint64_t offline_cpu_ns = 0;   // Of the factory, its threads taken as equally busy.
  double offline_seconds = 0;    // The factory's working time.
};

// Thread-safe.
class PadFactory {
 public:
  // Starts the thread. `weights` may serve several.
  PadFactory(std::shared_ptr<const PadWeights> weights, const PadOptions& options, Drbg& random);
  // Stops it; destroys all pads.
  ~PadFactory();

  // Rows of a pad of `layer`.
  size_t MaxRows(LinearLayer layer) const;
  // Hands over a pad, which is then marked used. Out of pads, as when_out says: waits for one, or
  // nothing, or RESOURCE_EXHAUSTED. DATA_LOSS when a pad's file was damaged (that pad is gone);
  // UNAVAILABLE when the factory can't write. After Destroy, its reason.
  absl::StatusOr<std::optional<Pad>> Take(LinearLayer layer);
  // Destroys all pads; no more are made. Called again, it keeps the gravest reason.
  void Destroy(const absl::Status& why);

  // Blocks until there is no room for more pads, or a whole pass is in stock: the offline phase.
  absl::Status AwaitStock();
  PadStats stats() const;

 private:
  size_t PadsPerPass(size_t kind) const;
  bool WholePassInStock() const;
  // The layer to make the next pad for, or -1 to rest.
  int NextKind() const;
  Pad Make(size_t kind, PadWeights::Workspace& workspace, ThreadPool& pool);
  void Main();

  const std::shared_ptr<const PadWeights> weights_;
  const PadOptions options_;
  const std::vector<LinearLayer> layers_;
  Drbg drbg_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  PadStore store_;
  std::vector<int> waiting_;  // Callers waiting, by kind.
  absl::Status failure_;      // Of the thread.
  bool stop_ = false;
  absl::Status destroyed_;  // Why there are no more pads.
  PadStats stats_;
  std::thread thread_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_PAD_FACTORY_H_
