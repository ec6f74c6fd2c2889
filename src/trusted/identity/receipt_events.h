// The events of receipts that are Sotto's own (docs/attestation.md): flat objects whose types begin
// with "sotto.". Public data.
#ifndef SOTTO_TRUSTED_IDENTITY_RECEIPT_EVENTS_H_
#define SOTTO_TRUSTED_IDENTITY_RECEIPT_EVENTS_H_

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "sotto/model.h"

namespace sotto {

// "sotto.model": what computed, by its digests.
nlohmann::json ModelEvent(const ModelDigestSet& digests);

// How it was computed.
struct ProtectionFacts {
  std::string platform = {};  // "gramine-sgx"
  bool hidden_from_host = false;
  std::string protection = {};  // "pads"; empty: no accelerator took part.
  size_t accelerators = 0;
  std::string precision = {}, attention_precision = {};  // "f32"
};
// "sotto.protection".
nlohmann::json ProtectionEvent(const ProtectionFacts& facts);

struct UsageFacts {
  uint64_t prompts = 0, tokens = 0;
  uint64_t exchanges_verified = 0;  // With accelerators; a batch may serve other requests as well.
};
// "sotto.usage".
nlohmann::json UsageEvent(const UsageFacts& facts);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_IDENTITY_RECEIPT_EVENTS_H_
