// All layers over all token blocks of a batch, on one lane or several.
#ifndef SOTTO_TRUSTED_ENGINE_LAYERS_H_
#define SOTTO_TRUSTED_ENGINE_LAYERS_H_

#include <memory>
#include <span>
#include <vector>

#include "base/status.h"
#include "base/thread_pool.h"
#include "trusted/engine/lane.h"
#include "trusted/engine/transformer_block.h"

namespace sotto {

// Takes every block through every layer. Lane i has blocks i, i + lanes, ...; `lane_pool` has a
// thread for each lane. stores: one, or two where there are several lanes.
// The lowest lane's error is returned, but any lane's ABORTED first (base/gravest.h); the residual
// streams are then unspecified.
absl::Status RunLayers(const DecoderParts& model, std::span<const BlockState> blocks,
                       std::span<KvStore> stores, std::span<const std::unique_ptr<Lane>> lanes,
                       ThreadPool& lane_pool);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_ENGINE_LAYERS_H_
