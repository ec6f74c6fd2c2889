#include "trusted/api/weight_cache_policy.h"

#include "base/strings.h"

namespace sotto {

absl::Status CheckWeightCache(const WeightCacheUse& use) {
  if (use.sealed) {
    return absl::FailedPreconditionError(
        "weight_cache: not for a sealed model: what is cached is neither encrypted nor verified");
  }
  if (use.pinned) {
    return absl::FailedPreconditionError(
        "weight_cache: not for a pinned model: nothing proves what a cache was made of");
  }
  if (!ProtectsFromHost(use.platform)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      StrCat("weight_cache: not in a TEE (", PlatformName(use.platform),
             "): nothing would tell weights that the host has changed"));
}

}  // namespace sotto
