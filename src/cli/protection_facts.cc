#include "cli/protection_facts.h"

#include <string>

#include "trusted/api/confidentiality.h"
#include "trusted/api/split_backend.h"
#include "trusted/split/protection.h"
#include "trusted/tee/platform.h"

namespace sotto {

ProtectionFacts ProtectionFactsOf(const PrefillOptions& options, const PrecisionReport& precision) {
  const PlatformReport platform = DetectPlatform();
  const SplitOptions* const split = options.split.has_value() ? &*options.split : nullptr;
  ProtectionFacts facts{
      .platform = std::string(PlatformName(platform.platform)),
      .hidden_from_host = JudgeConfidentiality(platform, split).from_host,
      .precision = std::string(PrecisionName(precision.linear)),
      .attention_precision = std::string(AttentionPrecisionName(precision.attention))};
  if (split == nullptr) return facts;
  facts.protection = std::string(ProtectionName(ProtectionOf(*split)));
  facts.accelerators = split->endpoints.size();
  return facts;
}

}  // namespace sotto
