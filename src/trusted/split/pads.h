// Protection `pads`: one server gets X + R, R used once and known to nobody else; the answer minus
// R W is the product. R W is made beforehand by a factory thread: trusted work moved off the
// critical path, not removed (docs/blinding.md, "pads").
#ifndef SOTTO_TRUSTED_SPLIT_PADS_H_
#define SOTTO_TRUSTED_SPLIT_PADS_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "sotto/split.h"
#include "trusted/split/blinder.h"
#include "trusted/split/drbg.h"
#include "trusted/split/pad_store.h"
#include "trusted/split/pad_weights.h"

namespace sotto {

// INVALID_ARGUMENT but for "wait", "local", "fail".
absl::StatusOr<WhenOut> ParseWhenOut(std::string_view name);

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

class PadBlinder final : public Blinder {
 public:
  // Starts the factory. `weights` may serve several.
  PadBlinder(std::shared_ptr<const PadWeights> weights, const PadOptions& options, Drbg& random);
  // Stops it; destroys all pads.
  ~PadBlinder() override;

  const char* protection() const override { return "pads"; }
  size_t servers() const override { return 1; }
  size_t MaxRows(LinearLayer layer) const override;
  // RESOURCE_EXHAUSTED when out of pads and when_out is kFail; DATA_LOSS when a pad's file was
  // damaged (the pad is gone; nothing was sent); UNAVAILABLE when the factory can't write.
  absl::StatusOr<std::unique_ptr<Blinding>> Begin(LinearLayer layer, size_t rows) override;
  void Destroy(const absl::Status& why) override;

  // Blocks until there is no room for more pads, or a whole pass is in stock: the offline phase.
  absl::Status AwaitStock();
  PadStats stats() const;

 private:
  friend class PadBlinding;
  static BlindedRows HiddenMessage(ConstMatrixView<uint32_t> hidden);

  size_t PadsPerPass(size_t kind) const;
  bool WholePassInStock() const;
  // The layer to make the next pad for, or -1 to rest.
  int NextKind() const;
  Pad Make(size_t kind, PadWeights::Workspace& workspace, ThreadPool& pool);
  void FactoryMain();

  const std::shared_ptr<const PadWeights> weights_;
  const PadOptions options_;
  const std::vector<LinearLayer> layers_;
  Drbg drbg_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  PadStore store_;
  std::vector<int> waiting_;  // Callers waiting, by kind.
  absl::Status factory_status_;
  bool stop_ = false;
  absl::Status destroyed_;  // Why there are no more pads.
  PadStats stats_;
  std::thread factory_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_PADS_H_
