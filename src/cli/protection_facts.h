// What receipts say of how results were computed.
#ifndef SOTTO_CLI_PROTECTION_FACTS_H_
#define SOTTO_CLI_PROTECTION_FACTS_H_

#include "sotto/prefill.h"
#include "trusted/identity/receipt_events.h"

namespace sotto {

// Of a Prefill made with `options`, in this process.
ProtectionFacts ProtectionFactsOf(const PrefillOptions& options, const PrecisionReport& precision);

}  // namespace sotto

#endif  // SOTTO_CLI_PROTECTION_FACTS_H_
