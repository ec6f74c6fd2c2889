// Byte-pair encoding of one word: joins adjacent tokens, lowest rank first, leftmost first among
// equals, until no pair joins (Sennrich et al. 2016, section 3.2), in O(n log n): a priority queue
// of candidate pairs over a doubly linked list of tokens.
#ifndef SOTTO_TRUSTED_TOKENIZER_WORD_MERGER_H_
#define SOTTO_TRUSTED_TOKENIZER_WORD_MERGER_H_

#include <cstdint>
#include <vector>

#include "trusted/tokenizer/merge_table.h"
#include "trusted/tokenizer/word_model.h"

namespace sotto {

// Keeps its memory from word to word. One thread at a time.
class WordMerger {
 public:
  // `merges` and `barred` must outlive this object. No pair joins into what is barred.
  WordMerger(const MergeTable& merges, const BarredTokens& barred)
      : merges_(merges), barred_(barred) {}

  // Adds a token to the end of the word. REQUIRES: fewer than 2^31 tokens, id >= 0.
  void Push(int32_t id);

  // Appends the joined tokens to `ids` and begins a new, empty word.
  void Finish(std::vector<int32_t>& ids);

 private:
  struct Symbol {
    int32_t id;    // kGone once it became part of its left neighbour
    int32_t prev;  // kNone: first
    int32_t next;  // kNone: last
  };
  // Symbols at `position` and after it would join into `result`. Goes stale when either changes.
  struct Candidate {
    uint64_t order;  // rank << 32 | position
    int32_t result;
    bool operator<(const Candidate& other) const { return order > other.order; }
  };

  static constexpr int32_t kNone = -1, kGone = -1;

  const Merge* Find(int32_t left, int32_t right) const {
    const Merge* const merge = merges_.Find(left, right);
    return merge == nullptr || barred_.Has(merge->result) ? nullptr : merge;
  }
  void Consider(int32_t position);
  void Join(int32_t position, int32_t result);

  const MergeTable& merges_;
  const BarredTokens& barred_;
  std::vector<Symbol> symbols_;
  std::vector<Candidate> heap_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_WORD_MERGER_H_
