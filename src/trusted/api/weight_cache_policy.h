// Where packed weights may be kept on disk.
#ifndef SOTTO_TRUSTED_API_WEIGHT_CACHE_POLICY_H_
#define SOTTO_TRUSTED_API_WEIGHT_CACHE_POLICY_H_

#include "base/status.h"
#include "trusted/tee/platform.h"

namespace sotto {

struct WeightCacheUse {
  bool sealed = false;  // The model is a sealed one.
  bool pinned = false;  // To a digest or a root.
  Platform platform = Platform::kNone;
};

// FAILED_PRECONDITION where a cache must not be: it would hold a sealed model's weights in the
// clear, prove nothing of a pinned one's, and be in the hands of a TEE's host.
absl::Status CheckWeightCache(const WeightCacheUse& use);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_API_WEIGHT_CACHE_POLICY_H_
