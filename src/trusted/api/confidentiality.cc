#include "trusted/api/confidentiality.h"

#include "trusted/api/split_setup.h"

namespace sotto {
namespace {

// What the accelerators of a protection see, if everything is as it should be.
std::string WhatTheySee(const SplitOptions& split) {
  if (ProtectionOf(split) == Protection::kShares) {
    return "protection shares: each sees random numbers, and all of them only together the prompt";
  }
  return "protection pads: the accelerator sees random numbers";
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
