#include "trusted/api/confidentiality.h"

#include "base/strings.h"
#include "trusted/api/split_backend.h"
#include "trusted/split/protection.h"

namespace sotto {
namespace {

// REQUIRES: the program has the protection, as one without a warning.
std::string WhatTheySee(const SplitOptions& split) {
  const ProtectionSpec& spec = *FindProtection(ProtectionOf(split));
  return StrCat("protection ", spec.name, ": ", spec.what_they_see);
}

}  // namespace

Confidentiality JudgeConfidentiality(const PlatformReport& platform, const SplitOptions* split) {
  Confidentiality result{.from_host = ProtectsFromHost(platform.platform),
                         .host_reason = DescribePlatform(platform)};
  if (split == nullptr) return result;
  const std::string warning = ConfidentialityWarning(*split);
  result.from_accelerators = warning.empty();
  result.accelerators_reason = warning.empty() ? WhatTheySee(*split) : warning;
  // Whoever owns this machine owns its network: what can be read there, it reads.
  if (!warning.empty() && result.from_host) {
    result.from_host = false;
    result.host_reason = warning;
  }
  return result;
}

}  // namespace sotto
