#include "cli/model_identity.h"

#include <utility>

#include "base/strings.h"
#include "model/sealed_model.h"

namespace sotto {

absl::Status CheckWeightCache(const PrefillOptions& options, Platform platform) {
  if (options.weight_cache_dir.empty()) return absl::OkStatus();
  if (IsSealedModelPath(options.model_dir)) {
    return absl::FailedPreconditionError(
        "--weight-cache: not for a sealed model: what is cached is neither encrypted nor verified");
  }
  if (!ProtectsFromHost(platform)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      StrCat("--weight-cache: not in a TEE (", PlatformName(platform),
             "): nothing would tell weights that the host has changed"));
}

absl::StatusOr<std::optional<ModelDigests>> UsedDigests(const PrefillOptions& options,
                                                        const Checkpoint& checkpoint,
                                                        ThreadPool& pool) {
  if (!options.weight_cache_dir.empty()) return std::nullopt;
  SOTTO_ASSIGN_OR_RETURN(ModelDigests digests, checkpoint.Digests(pool));
  return std::optional<ModelDigests>(std::move(digests));
}

}  // namespace sotto
