// Protection `plain`: NOT CONFIDENTIAL. Rows go to the accelerator as they are. It exists for
// measurements, and for checking an accelerator's arithmetic (`--verify`).
#ifndef SOTTO_TRUSTED_SPLIT_UNPROTECTED_H_
#define SOTTO_TRUSTED_SPLIT_UNPROTECTED_H_

#include "base/float_types.h"
#include "model/config.h"
#include "trusted/split/blinder.h"

namespace sotto {

// As a Blinder it sends quantised rows, unmasked, to one server. The functions below make rows of
// the other formats; they too reveal everything.
class UnprotectedRows final : public Blinder {
 public:
  explicit UnprotectedRows(const ModelSpec& config) : config_(config) {}

  static BlindedRows F32(ConstMatrixView<float> rows);
  static BlindedRows Bf16(ConstMatrixView<BFloat16> rows);
  static BlindedRows Ring(ConstMatrixView<uint32_t> rows);
  static BlindedRows TokenIds(std::span<const int32_t> ids);

  const char* protection() const override { return "plain"; }
  size_t servers() const override { return 1; }
  size_t MaxRows(LinearLayer layer) const override;
  absl::StatusOr<std::unique_ptr<Blinding>> Begin(LinearLayer layer, size_t rows) override;
  void Destroy(const absl::Status&) override {}  // Has no secrets.

 private:
  const ModelSpec config_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_UNPROTECTED_H_
