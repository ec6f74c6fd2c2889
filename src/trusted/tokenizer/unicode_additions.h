// What Unicode 15.0, 15.1 and 16.0 changed in the classes of characters that Debian's PCRE2 knows
// as of Unicode 14. Naming a character again to a PCRE2 that knows it changes nothing.
#ifndef SOTTO_TRUSTED_TOKENIZER_UNICODE_ADDITIONS_H_
#define SOTTO_TRUSTED_TOKENIZER_UNICODE_ADDITIONS_H_

#include <span>
#include <string_view>

namespace sotto {

struct UnicodeAddition {
  std::string_view name;     // a general category of two letters, a binary property or a script
  std::string_view base;     // the class in PCRE2's spelling; empty where it knows none
  std::string_view added;    // ranges as they stand between brackets
  std::string_view removed;  // the same: what moved to another class
};

// All binary properties, changed or not; other classes that are not here did not change.
std::span<const UnicodeAddition> UnicodeAdditions();

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_UNICODE_ADDITIONS_H_
