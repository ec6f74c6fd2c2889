// The merges of a BPE model: which adjacent pairs of tokens join, in which order, into what.
#ifndef SOTTO_TRUSTED_TOKENIZER_MERGE_TABLE_H_
#define SOTTO_TRUSTED_TOKENIZER_MERGE_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sotto {

struct Merge {
  uint32_t rank;   // lower joins first
  int32_t result;  // id of the joined token
};

// An open-addressing hash table: a lookup touches one cache line as a rule, and there are two for
// every character of a prompt.
class MergeTable {
 public:
  // Room for `merges`, and no more.
  explicit MergeTable(size_t merges = 0);

  // A pair that is there already gets the new value. REQUIRES: ids >= 0.
  void Set(int32_t left, int32_t right, Merge merge);

  // nullptr: the pair does not join.
  const Merge* Find(int32_t left, int32_t right) const;

  size_t size() const { return size_; }

 private:
  struct Slot {
    uint64_t key;
    Merge merge;
  };

  size_t SlotOf(uint64_t key) const;

  std::vector<Slot> slots_;  // a power of two, at most half full
  size_t size_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_MERGE_TABLE_H_
