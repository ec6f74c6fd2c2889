// Protection `shares` between two servers that reach each other. Server 0, the source, is sent
// fresh seeds of R and M and sends R W + M to server 1, the sink; that one is sent X - R, adds
// (X - R) W and answers X W + M, from which M is taken off. One answer enters the enclave instead
// of two, and the source's part needs no X. What each server sees, and why it tells nothing:
// docs/blinding.md, "Relay".
#ifndef SOTTO_TRUSTED_SPLIT_RELAY_H_
#define SOTTO_TRUSTED_SPLIT_RELAY_H_

#include <atomic>
#include <memory>

#include "model/config.h"
#include "trusted/split/blinder.h"
#include "trusted/split/drbg.h"
#include "trusted/split/shares.h"

namespace sotto {

class RelayBlinder final : public Blinder {
 public:
  static constexpr size_t kSource = 0, kSink = 1;

  // inbox_bytes: what the sink says it keeps of products that have not been asked for. Seeds come
  // from a generator forked off `random`.
  RelayBlinder(const ModelSpec& config, uint64_t inbox_bytes, Drbg& random);

  const char* protection() const override { return "shares"; }
  size_t servers() const override { return 2; }
  size_t MaxRows(LinearLayer layer) const override;
  // When the sink's inbox could not take the product as well, the exchange is one of shares.h: that
  // depends on what else is under way, never on the rows.
  absl::StatusOr<std::unique_ptr<Blinding>> Begin(LinearLayer layer, size_t rows) override;
  std::unique_ptr<Blinding> BeginAhead(LinearLayer layer, size_t rows) override;
  void Destroy(const absl::Status& why) override;

 private:
  // The only places that can make rows for the wire.
  friend class RelayBlinding;
  static BlindedRows SourceMessage(const Seed& seed, const RelayPart& part, size_t rows,
                                   size_t n_in);
  static BlindedRows SinkMessage(ConstMatrixView<uint32_t> hidden, uint64_t number);

  uint64_t ProductBytes(LinearLayer layer, size_t rows) const;
  // False when more than `limit` bytes would then be on their way to the inbox, or in it.
  bool TakeRoom(uint64_t bytes, uint64_t limit);
  std::unique_ptr<Blinding> Make(LinearLayer layer, size_t rows);

  const ModelSpec config_;
  const uint64_t inbox_bytes_;
  ShareBlinder unrelayed_;
  Drbg drbg_;
  std::atomic<uint64_t> number_{0};
  // Shared with every exchange, which gives its part back when it is over.
  const std::shared_ptr<std::atomic<uint64_t>> inbox_used_;
  std::atomic<bool> destroyed_{false};
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_RELAY_H_
