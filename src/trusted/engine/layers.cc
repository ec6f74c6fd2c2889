#include "trusted/engine/layers.h"

#include "base/gravest.h"
#include "trusted/engine/lane_schedule.h"

namespace sotto {
namespace {

// One layer over one block. Another lane's failure ends it early with OK: that lane reports.
absl::Status RunLayer(const DecoderParts& model, size_t layer, const BlockState& state,
                      size_t block, KvStore& store, LaneSchedule& schedule, Lane& lane) {
  SOTTO_RETURN_IF_ERROR(BetweenSteps(model));
  SOTTO_RETURN_IF_ERROR(ProjectQkv(model, layer, state, lane));
  if (!schedule.AwaitTurnToStore(layer, block)) return absl::OkStatus();
  StoreKeysValues(model, layer, state, store, lane);
  SOTTO_RETURN_IF_ERROR(Attend(model, layer, state, store, lane));
  schedule.Attended(layer);
  SOTTO_RETURN_IF_ERROR(AddAttention(model, layer, state, lane));
  SOTTO_RETURN_IF_ERROR(BetweenSteps(model));
  return AddMlp(model, layer, state, lane);
}

}  // namespace

absl::Status RunLayers(const DecoderParts& model, std::span<const BlockState> blocks,
                       std::span<KvStore> stores, std::span<const std::unique_ptr<Lane>> lanes,
                       ThreadPool& lane_pool) {
  const size_t layers = model.config->num_layers();
  LaneSchedule schedule(layers, blocks.size(), stores.size());
  std::vector<absl::Status> statuses(lanes.size());
  lane_pool.ParallelFor(lanes.size(), [&](size_t i, int) {
    for (size_t layer = 0; layer < layers && statuses[i].ok(); ++layer) {
      for (size_t block = i; block < blocks.size() && statuses[i].ok(); block += lanes.size()) {
        statuses[i] = RunLayer(model, layer, blocks[block], block, stores[layer % stores.size()],
                               schedule, *lanes[i]);
      }
    }
    if (!statuses[i].ok()) schedule.Fail();
  });
  absl::Status gravest = absl::OkStatus();
  for (const absl::Status& status : statuses) KeepGravest(gravest, status);
  return gravest;
}

}  // namespace sotto
