// What the service says of its own protection. Public data.
#ifndef SOTTO_TRUSTED_SERVICE_PROTECTION_REPORT_H_
#define SOTTO_TRUSTED_SERVICE_PROTECTION_REPORT_H_

#include <cstddef>
#include <optional>
#include <string>

#include "trusted/identity/receipt_events.h"

namespace sotto {

// Reasons are prose: why, or why not.
struct ProtectionReport {
  struct Accelerators {
    size_t count = 0;
    bool hidden = false;  // Prompts, from them.
    std::string reason = {};
  };

  bool hidden_from_host = false;
  std::string host_reason = {};
  std::optional<Accelerators> accelerators = {};  // Nullopt: none takes part.
  std::string precision = {}, precision_reason = {}, attention_precision = {};
  std::optional<int> fixed_weight_bits = {};  // Nullopt: the precision has none.
  bool test_attester = false;                 // Quotes, if there are any, prove nothing.
  ProtectionFacts facts = {};                 // The same as receipts state it.
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_PROTECTION_REPORT_H_
