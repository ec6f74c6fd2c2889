// Protection `pads`: one server gets X + R, R used once and known to nobody else; the answer minus
// R W is the product. R and R W are made beforehand (pad_factory.h).
#ifndef SOTTO_TRUSTED_SPLIT_PADS_H_
#define SOTTO_TRUSTED_SPLIT_PADS_H_

#include <memory>

#include "trusted/split/blinder.h"
#include "trusted/split/pad_factory.h"

namespace sotto {

class PadBlinder final : public Blinder {
 public:
  // Starts the factory. `weights` may serve several.
  PadBlinder(std::shared_ptr<const PadWeights> weights, const PadOptions& options, Drbg& random)
      : weights_(weights), factory_(std::move(weights), options, random) {}

  const char* protection() const override { return "pads"; }
  size_t servers() const override { return 1; }
  size_t MaxRows(LinearLayer layer) const override { return factory_.MaxRows(layer); }
  // Errors as PadFactory::Take. Out of pads where when_out is kLocal: an exchange that is none, its
  // rows multiplied here.
  absl::StatusOr<std::unique_ptr<Blinding>> Begin(LinearLayer layer, size_t rows) override;
  void Destroy(const absl::Status& why) override { factory_.Destroy(why); }

  absl::Status AwaitStock() { return factory_.AwaitStock(); }
  PadStats stats() const { return factory_.stats(); }

 private:
  friend class PadBlinding;
  static BlindedRows HiddenMessage(ConstMatrixView<uint32_t> hidden);

  const std::shared_ptr<const PadWeights> weights_;
  PadFactory factory_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_PADS_H_
