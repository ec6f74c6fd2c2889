// Which prompts go through the engine together, and which batch first. TRUSTED: holds prompts.
#ifndef SOTTO_TRUSTED_ENGINE_BATCH_ORDER_H_
#define SOTTO_TRUSTED_ENGINE_BATCH_ORDER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/config.h"
#include "trusted/engine/engine.h"

namespace sotto {

// Numbers of the prompts of one batch, rising.
using BatchMembers = std::vector<size_t>;

// Every prompt in one batch of engine.batch_size, the last batch perhaps shorter. Prompts that
// share a prefix meet in one batch, wherever they stand, if the cost model expects a gain from it;
// else neighbours stay together. The dearest batch comes first: what its time teaches the cost
// model holds for most of the work. With run.pad_compute all batches cost the same, and none of
// this may depend on prompts: they stay in their order.
//
// Prompts of different run.owners do not meet for what they have in common.
//
// What the order can tell an observer, the batches' times tell as well: lengths, and which prompts
// begin alike. The values of ids play no part in it.
std::vector<BatchMembers> OrderBatches(const ModelSpec& config, const EngineOptions& engine,
                                       const RunOptions& run,
                                       std::span<const std::vector<int32_t>> prompts);

// The members' owners, in their order; empty where `owners` is.
std::vector<size_t> OwnersOf(const BatchMembers& members, std::span<const size_t> owners);

// Copies of the members' ids, in their order: what Engine::Run() takes.
std::vector<std::vector<int32_t>> IdsOf(const BatchMembers& members,
                                        std::span<const std::vector<int32_t>> prompts);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_ENGINE_BATCH_ORDER_H_
