// Linear layers multiplied elsewhere with nothing hidden and nothing verified: `--protection plain`
// in floating point. NOT CONFIDENTIAL: the accelerator reads every activation. For measurements.
#ifndef SOTTO_TRUSTED_SPLIT_OFFLOADED_PLAIN_H_
#define SOTTO_TRUSTED_SPLIT_OFFLOADED_PLAIN_H_

#include <memory>
#include <vector>

#include "model/checkpoint.h"
#include "protocol/accelerator_channel.h"
#include "trusted/linear/linear.h"
#include "trusted/split/offloaded.h"

namespace sotto {

struct PlainOptions {
  NumberFormat format = NumberFormat::kF32;  // Or kBf16: half the bytes, both ways rounded once.
  // Rows of one exchange at most. While one is with the accelerator, the next is made ready.
  size_t exchange_rows = 128;
};

class OffloadedPlainLinear final : public Linear {
 public:
  // Reads the biases, and no weight, from `checkpoint`, which it does not keep.
  static absl::StatusOr<std::unique_ptr<OffloadedPlainLinear>> Create(
      const Checkpoint& checkpoint, std::shared_ptr<AcceleratorChannel> channel,
      const PlainOptions& options);
  ~OffloadedPlainLinear() override;

  size_t WorkspaceBytes(size_t max_tokens, int threads) const override;
  AttentionPrecision attention_precision() const override;
  // The channel's first error ends it: every later call returns that.
  absl::Status Apply(LinearLayer layer, const LinearInput& input, LinearTail tail,
                     MatrixView<float> y, ThreadPool& pool) override;

  OffloadedStats stats() const;

 private:
  struct Counters;

  OffloadedPlainLinear(const ModelSpec& config, std::vector<std::vector<float>> biases,
                       std::shared_ptr<AcceleratorChannel> channel, const PlainOptions& options);
  size_t ExchangeRows(LinearLayer layer, size_t tokens) const;

  const ModelSpec config_;
  const std::vector<std::vector<float>> biases_;  // By layer index; empty where there is none.
  const std::shared_ptr<AcceleratorChannel> channel_;
  const PlainOptions options_;
  const std::unique_ptr<Counters> counters_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_OFFLOADED_PLAIN_H_
