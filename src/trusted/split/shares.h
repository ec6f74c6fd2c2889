// Protection `shares`: X is split additively modulo 2^32 among two or more servers. All but one get
// a fresh seed each (its mask R_i is their share), the holder gets X - sum R_i. Every server alone,
// and every set that misses one, sees independent uniform words: docs/blinding.md, "Shares".
#ifndef SOTTO_TRUSTED_SPLIT_SHARES_H_
#define SOTTO_TRUSTED_SPLIT_SHARES_H_

#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "model/config.h"
#include "trusted/split/blinder.h"
#include "trusted/split/drbg.h"

namespace sotto {

class ShareBlinder final : public Blinder {
 public:
  // servers >= 2. Seeds come from a generator forked off `random`.
  ShareBlinder(const ModelSpec& config, size_t servers, Drbg& random);

  const char* protection() const override { return "shares"; }
  size_t servers() const override { return servers_; }
  size_t MaxRows(LinearLayer layer) const override;
  absl::StatusOr<std::unique_ptr<Blinding>> Begin(LinearLayer layer, size_t rows) override;
  void Destroy(const absl::Status& why) override;

 private:
  // The only places that can make rows for the wire.
  friend class ShareBlinding;
  static BlindedRows SeedMessage(const Seed& seed, size_t rows, size_t n_in);
  static BlindedRows HiddenMessage(ConstMatrixView<uint32_t> hidden);

  const ModelSpec config_;
  const size_t servers_;
  Drbg drbg_;
  std::mutex mutex_;
  // Guarded by mutex_: exchanges begun so far, of each layer's index and number of rows. Whose turn
  // to hold it is counts among these alone, for lanes come in any order: what each server is sent
  // in all would otherwise differ from run to run.
  std::map<std::pair<size_t, size_t>, uint64_t> begun_;
  absl::Status destroyed_;  // Guarded by mutex_: why there are no more masks.
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_SHARES_H_
