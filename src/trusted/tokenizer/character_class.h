// The part of a regular expression that matches one character: Oniguruma's spelling in, PCRE2's
// out.
#ifndef SOTTO_TRUSTED_TOKENIZER_CHARACTER_CLASS_H_
#define SOTTO_TRUSTED_TOKENIZER_CHARACTER_CLASS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "trusted/tokenizer/case_folding.h"
#include "trusted/tokenizer/unicode_classes.h"

namespace sotto {

// An expression for one character of `set`, or, if `negated`, for one that is not.
std::string SetExpression(const CharacterSet& set, bool negated);

// What an escape stands for: a class, or else one character as PCRE2 spells it in and out of
// classes.
struct PatternEscape {
  std::optional<CharacterSet> set = {};
  bool negated = false;
  std::string character = {};
  char32_t code_point = 0;  // of `character`
  size_t length = 0;        // of its spelling, backslash included
};

// The escape that `rest` begins with. UNIMPLEMENTED, naming it, for one that does not stand for a
// character or a class of them, or whose meaning in PCRE2 may differ. REQUIRES: rest[0] == '\\'.
absl::StatusOr<PatternEscape> ParsePatternEscape(std::string_view rest);

enum class CaseRule { kExact, kIgnored };

struct TranslatedClass {
  std::string expression;                         // for one character
  std::vector<CaseVariants::Sequence> sequences;  // what else matches, with kIgnored
  size_t length = 0;                              // of its spelling
};

// The bracket expression that `rest` begins with: ranges, escapes, [:posix:], nested classes and
// && intersections. REQUIRES: rest[0] == '['.
absl::StatusOr<TranslatedClass> TranslateClass(std::string_view rest, CaseRule rule);

// UNIMPLEMENTED: `what` is part of an expression that Sotto does not translate.
absl::Status UnsupportedPattern(std::string_view what);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_CHARACTER_CLASS_H_
