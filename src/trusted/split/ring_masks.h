// The arithmetic of masking, over any ring: production instantiates it with 32-bit words, the
// secrecy test (secrecy_test.cc) with rings so small that every mask can be enumerated. Nothing
// here branches or indexes on a word.
//
// A Word has +, - (in place) and value-initialises to zero. An Expander has
// Expand(first_word, span<Word>), the words of the mask it stands for.
#ifndef SOTTO_TRUSTED_SPLIT_RING_MASKS_H_
#define SOTTO_TRUSTED_SPLIT_RING_MASKS_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace sotto {

// a += b and a -= b, word by word; equal lengths.
template <typename Word>
void AddWords(std::span<const Word> b, std::span<Word> a) {
  for (size_t i = 0; i < a.size(); ++i) a[i] += b[i];
}
template <typename Word>
void SubtractWords(std::span<const Word> b, std::span<Word> a) {
  for (size_t i = 0; i < a.size(); ++i) a[i] -= b[i];
}

// x becomes x - R_1 - ... - R_k, words [first_word, first_word + x.size()) of each mask.
// scratch: as long as x; holds mask words afterwards.
template <typename Word, typename Expander>
void SubtractMasks(std::span<Expander> masks, uint64_t first_word, std::span<Word> scratch,
                   std::span<Word> x) {
  for (Expander& mask : masks) {
    mask.Expand(first_word, scratch);
    SubtractWords<Word>(scratch, x);
  }
}

// x becomes x + R.
template <typename Word, typename Expander>
void AddMask(Expander& mask, uint64_t first_word, std::span<Word> scratch, std::span<Word> x) {
  mask.Expand(first_word, scratch);
  AddWords<Word>(scratch, x);
}

// Who is told what in an exchange of `shares` among `servers`: the holder is sent X - sum of all
// masks, every other server the seed of one mask, number seed_of(server).
struct ShareRoles {
  size_t servers, holder;

  bool is_holder(size_t server) const { return server == holder; }
  size_t masks() const { return servers - 1; }
  // REQUIRES: !is_holder(server).
  size_t seed_of(size_t server) const { return server < holder ? server : server - 1; }
};

// The holder changes with every turn, so that the servers' work is alike.
inline ShareRoles RolesOfExchange(size_t servers, uint64_t turn) {
  return {servers, static_cast<size_t>(turn % servers)};
}

// Shares' answers add up to the product: sum_k S_k W = (sum_k S_k) W. y: the sum.
template <typename Word>
void SumAnswers(std::span<const Word* const> answers, std::span<Word> y) {
  for (size_t i = 0; i < y.size(); ++i) y[i] = answers[0][i];
  for (const Word* answer : answers.subspan(1)) AddWords<Word>({answer, y.size()}, y);
}

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_RING_MASKS_H_
