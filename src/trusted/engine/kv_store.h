// Keys and values of one layer for all segments of a batch. A prefill needs no more: once a layer
// is done, the next one overwrites them. A layer with a window keeps them all, too: those of one
// layer are few.
#ifndef SOTTO_TRUSTED_ENGINE_KV_STORE_H_
#define SOTTO_TRUSTED_ENGINE_KV_STORE_H_

#include <cstddef>
#include <vector>

#include "kernels/attention.h"
#include "trusted/engine/batch_plan.h"

namespace sotto {

// Bytes that hold any batch of `batch_size` prompts of up to `prefill_length` positions.
size_t KvStoreBytes(const AttentionPlan& attention, size_t batch_size, size_t prefill_length);

class KvStore {
 public:
  // Divides `memory` (KvStoreBytes, 64-byte aligned, not owned) among the plan's segments.
  KvStore(const AttentionPlan& attention, const BatchPlan& plan, std::byte* memory);

  // Where the segment's keys and values are, its shared prefix's included.
  const KvSequence& sequence(size_t segment) const { return sequences_[segment]; }

  // Copies the block in which the segment's shared prefix ends, if it ends inside one: the segment
  // continues in the copy. The prefix must be packed. Before the segment's own first row is packed.
  void CopyPartialPrefixBlock(const Segment& segment, size_t index);

 private:
  const AttentionPlan attention_;
  std::vector<KvSequence> sequences_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_ENGINE_KV_STORE_H_
