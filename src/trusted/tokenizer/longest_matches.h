// The longest of a set of byte strings that begins at a place of a text, at a cost that is linear
// in the text's length, however long the strings are and however they overlap: the automaton of
// Aho and Corasick (1975) of the strings, which reads the text backwards.
#ifndef SOTTO_TRUSTED_TOKENIZER_LONGEST_MATCHES_H_
#define SOTTO_TRUSTED_TOKENIZER_LONGEST_MATCHES_H_

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace sotto {

// Immutable once finished.
class LongestMatches {
 public:
  static constexpr int32_t kNone = -1;

  // Adds `key` and returns its value: `value`, or that which it was added with before. REQUIRES:
  // key is not empty; value >= 0.
  int32_t Add(std::string_view key, int32_t value);
  // After the last Add().
  void Finish();

  // Asks at rising places of one text. The set must outlive it.
  class Scan {
   public:
    Scan(const LongestMatches& matches, std::string_view text) : matches_(matches), text_(text) {}
    // The first place from `at` on where a key may begin; that of the text's end: there is none.
    size_t Candidate(size_t at) const {
      while (at < text_.size() && !matches_.first_bytes_[static_cast<uint8_t>(text_[at])]) ++at;
      return at;
    }
    // The value of the longest key that the text has at `at`; kNone: it has none. REQUIRES: at <
    // text.size().
    int32_t At(size_t at) {
      if (!matches_.MayBegin(text_, at)) return kNone;
      if (at < begin_ || at - begin_ >= values_.size()) Read(at);
      return values_[at - begin_];
    }

   private:
    void Read(size_t begin);

    const LongestMatches& matches_;
    std::string_view text_;
    size_t begin_ = 0;
    std::vector<int32_t> values_;  // from begin_ on
  };

 private:
  struct Node {
    uint32_t parent = 0;
    uint32_t suffix = 0;    // the longest other node that this one's string ends in
    int32_t value = kNone;  // once finished, of the longest key that it ends in
    uint32_t depth = 0;
    char byte = 0;
  };

  static uint64_t Edge(uint32_t node, char c) {
    return uint64_t{node} << 8 | static_cast<uint8_t>(c);
  }
  static size_t Pair(char first, char second) {
    return size_t{static_cast<uint8_t>(first)} << 8 | static_cast<uint8_t>(second);
  }

  bool MayBegin(std::string_view text, size_t at) const {
    return pairs_[Pair(text[at], at + 1 < text.size() ? text[at + 1] : '\0')];
  }
  uint32_t Next(uint32_t node, char c) const;

  std::vector<Node> nodes_ = {{}};
  absl::flat_hash_map<uint64_t, uint32_t> edges_;
  std::array<bool, 256> first_bytes_{};  // what keys begin with
  std::bitset<65536> pairs_;             // the same of two bytes
  size_t longest_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_LONGEST_MATCHES_H_
