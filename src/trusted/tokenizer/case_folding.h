// Which characters are equal without regard to case, as Oniguruma takes it: those of equal full
// case folding as of Unicode 16, so that one may equal several (ß and ss).
#ifndef SOTTO_TRUSTED_TOKENIZER_CASE_FOLDING_H_
#define SOTTO_TRUSTED_TOKENIZER_CASE_FOLDING_H_

#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "trusted/tokenizer/unicode_classes.h"

namespace sotto {

// A set of the characters that case has to do with, by their place among those.
using CasedSet = std::bitset<4096>;

// Those from `first` to `last`.
CasedSet CasedRange(char32_t first, char32_t last);
// Those of `set`. INVALID_ARGUMENT where PCRE2 does not know it.
absl::StatusOr<CasedSet> CasedMembersOf(const CharacterSet& set);

// What equals a character of a class without being in it.
struct CaseVariants {
  std::string members;  // to stand between brackets
  // Several characters that equal one: an expression for them, and whether each is of the class or
  // of `members`.
  struct Sequence {
    std::string expression;
    bool of_members = false;
  };
  std::vector<Sequence> sequences;
};
CaseVariants CaseVariantsOf(const CasedSet& set);

// An expression for the first `characters` of a text, and for what equals them.
struct CaselessUnit {
  std::string expression;  // empty: case has nothing to do with that one character
  size_t characters = 1;
};
enum class CaseUnits { kAny, kSingle };  // kSingle: a character equals characters alone
// REQUIRES: !text.empty(). Of more than three characters the rest is not looked at.
CaselessUnit FirstCaselessUnit(std::u32string_view text, CaseUnits units);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_CASE_FOLDING_H_
