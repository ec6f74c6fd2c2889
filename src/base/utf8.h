// UTF-8 as Unicode 16, table 3-7 defines it: no surrogates, no overlong forms, nothing above
// 10FFFF.
#ifndef SOTTO_BASE_UTF8_H_
#define SOTTO_BASE_UTF8_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace sotto {

inline constexpr char kReplacementCharacter[] = "\xef\xbf\xbd";

// What stands at the beginning of some bytes.
struct Utf8Step {
  enum Kind {
    kCharacter,   // a whole character of `length` bytes
    kInvalid,     // `length` bytes that no continuation makes valid: the maximal subpart, as WHATWG
                  // and Rust replace it by one U+FFFD
    kIncomplete,  // the bytes end inside a so far valid character; `length` is all of them
  };
  Kind kind;
  size_t length;       // at least 1
  char32_t character;  // for kCharacter
};

// REQUIRES: !bytes.empty().
Utf8Step NextUtf8(std::string_view bytes);

// The length of the longest prefix that is whole valid characters: text.size() when all is valid.
size_t ValidUtf8Prefix(std::string_view text);
inline bool IsValidUtf8(std::string_view text) { return ValidUtf8Prefix(text) == text.size(); }

// Appends valid text made of `bytes`: each invalid subpart becomes U+FFFD. Returns how many bytes
// were used: all but a final incomplete character.
size_t AppendLossyUtf8(std::string_view bytes, std::string& out);

// REQUIRES: `c` is a Unicode scalar value.
void AppendUtf8(char32_t c, std::string& out);

}  // namespace sotto

#endif  // SOTTO_BASE_UTF8_H_
