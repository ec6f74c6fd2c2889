#include "trusted/api/weight_cache_policy.h"

#include "base/strings.h"

namespace sotto {

absl::Status CheckWeightCache(const WeightCacheUse& use) {
  if (use.sealed) {
    return absl::FailedPreconditionError(
        "weight_cache_dir: not available for a sealed model: the cache is neither encrypted nor "
        "verified");
  }
  if (use.pinned) {
    return absl::FailedPreconditionError(
        "weight_cache_dir: not available for a pinned model: nothing proves which weights a cache "
        "was made from");
  }
  if (!ProtectsFromHost(use.platform)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      StrCat("weight_cache_dir: not available in a TEE (", PlatformName(use.platform),
             "): weights that the host has changed would go unnoticed"));
}

}  // namespace sotto
