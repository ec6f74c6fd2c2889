#include "trusted/tokenizer/word_merger.h"

#include <algorithm>

namespace sotto {

void WordMerger::Push(int32_t id) {
  const auto position = static_cast<int32_t>(symbols_.size());
  if (position > 0) symbols_.back().next = position;
  symbols_.push_back({id, position - 1, kNone});
}

// Queues the pair that begins at `position`, if it joins.
void WordMerger::Consider(int32_t position) {
  const int32_t next = symbols_[position].next;
  if (next == kNone) return;
  const Merge* merge = Find(symbols_[position].id, symbols_[next].id);
  if (merge == nullptr) return;
  heap_.push_back({uint64_t{merge->rank} << 32 | static_cast<uint32_t>(position), merge->result});
  std::push_heap(heap_.begin(), heap_.end());
}

void WordMerger::Join(int32_t position, int32_t result) {
  Symbol& left = symbols_[position];
  Symbol& right = symbols_[left.next];
  left.id = result;
  left.next = right.next;
  right.id = kGone;
  if (left.next != kNone) symbols_[left.next].prev = position;
  if (left.prev != kNone) Consider(left.prev);
  Consider(position);
}

void WordMerger::Finish(std::vector<int32_t>& ids) {
  for (size_t i = 0; i + 1 < symbols_.size(); ++i) Consider(static_cast<int32_t>(i));
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end());
    const Candidate top = heap_.back();
    heap_.pop_back();
    const auto position = static_cast<int32_t>(top.order & 0xffffffffu);
    const Symbol& left = symbols_[position];
    if (left.id == kGone || left.next == kNone) continue;
    // The reference takes a candidate as current when the pair there now joins into the same
    // token, though it may be another pair, of another rank; so do we.
    const Merge* merge = Find(left.id, symbols_[left.next].id);
    if (merge == nullptr || merge->result != top.result) continue;
    Join(position, top.result);
  }
  for (const Symbol& symbol : symbols_) {
    if (symbol.id != kGone) ids.push_back(symbol.id);
  }
  symbols_.clear();
}

}  // namespace sotto
