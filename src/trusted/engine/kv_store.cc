#include "trusted/engine/kv_store.h"

#include <cstring>

namespace sotto {
namespace {

size_t BlocksFor(size_t positions) { return (positions + kKvBlock - 1) / kKvBlock; }

}  // namespace

// A prefix shared by two or more prompts takes at most one block more than its whole blocks, and
// those it saves at least that many (kMinSharedPositions): packed batches never need more.
size_t KvStoreBytes(const AttentionPlan& attention, size_t batch_size, size_t prefill_length) {
  return batch_size * BlocksFor(prefill_length) * attention.shape.num_kv_heads *
         KvBlockBytes(attention);
}

KvStore::KvStore(const AttentionPlan& attention, const BatchPlan& plan, std::byte* memory)
    : attention_(attention) {
  for (const Segment& segment : plan.segments) {
    KvSequence sequence;
    if (segment.prefix.has_value()) sequence.shared = sequences_[*segment.prefix].own;
    sequence.shared_blocks = segment.first_position / kKvBlock;
    const size_t end_position = segment.first_position + segment.rows;
    sequence.own = {memory, BlocksFor(end_position) - sequence.shared_blocks};
    memory += sequence.own.blocks_per_head * attention.shape.num_kv_heads * KvBlockBytes(attention);
    sequences_.push_back(sequence);
  }
}

void KvStore::CopyPartialPrefixBlock(const Segment& segment, size_t index) {
  const KvSequence& sequence = sequences_[index];
  if (segment.first_position % kKvBlock == 0) return;
  for (size_t head = 0; head < attention_.shape.num_kv_heads; ++head) {
    std::memcpy(sequence.own.Block(attention_, head, 0),
                sequence.shared.Block(attention_, head, sequence.shared_blocks),
                KvBlockBytes(attention_));
  }
}

}  // namespace sotto
