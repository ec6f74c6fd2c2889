#include "trusted/tokenizer/merge_table.h"

#include <bit>

#include "base/check.h"

namespace sotto {
namespace {

constexpr uint64_t kEmpty = ~uint64_t{0};  // No key: ids are not negative.

uint64_t Key(int32_t left, int32_t right) {
  return static_cast<uint64_t>(left) << 32 | static_cast<uint32_t>(right);
}

// The finaliser of MurmurHash3: ids are small and regular, their hashes must not be.
uint64_t Mix(uint64_t x) {
  x = (x ^ x >> 33) * 0xff51afd7ed558ccdu;
  x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53u;
  return x ^ x >> 33;
}

}  // namespace

MergeTable::MergeTable(size_t merges)
    : slots_(std::bit_ceil(2 * merges + 2), Slot{kEmpty, {0, 0}}) {}

size_t MergeTable::SlotOf(uint64_t key) const {
  const size_t mask = slots_.size() - 1;
  size_t i = Mix(key) & mask;
  while (slots_[i].key != key && slots_[i].key != kEmpty) i = (i + 1) & mask;
  return i;
}

void MergeTable::Set(int32_t left, int32_t right, Merge merge) {
  SOTTO_CHECK(left >= 0 && right >= 0);
  Slot& slot = slots_[SlotOf(Key(left, right))];
  if (slot.key == kEmpty) ++size_;
  SOTTO_CHECK(2 * size_ <= slots_.size());
  slot = {Key(left, right), merge};
}

const Merge* MergeTable::Find(int32_t left, int32_t right) const {
  const Slot& slot = slots_[SlotOf(Key(left, right))];
  return slot.key == kEmpty ? nullptr : &slot.merge;
}

}  // namespace sotto
