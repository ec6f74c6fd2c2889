// White space at the ends of a text: characters with the White_Space property.
#ifndef SOTTO_TRUSTED_TOKENIZER_WHITE_SPACE_H_
#define SOTTO_TRUSTED_TOKENIZER_WHITE_SPACE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/utf8.h"

namespace sotto {

inline bool IsWhiteSpace(char32_t c) {
  return (c >= 0x9 && c <= 0xd) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

// Bytes of white space that `text` begins with. REQUIRES: valid UTF-8, below too.
inline size_t LeadingSpace(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const Utf8Step step = NextUtf8(text.substr(i));
    if (!IsWhiteSpace(step.character)) break;
    i += step.length;
  }
  return i;
}

// Where the white space that ends `text` begins.
inline size_t TrailingSpaceBegin(std::string_view text) {
  size_t begin = text.size();
  while (begin > 0) {
    size_t i = begin - 1;
    while (i > 0 && (static_cast<uint8_t>(text[i]) & 0xc0) == 0x80) --i;
    if (!IsWhiteSpace(NextUtf8(text.substr(i)).character)) break;
    begin = i;
  }
  return begin;
}

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_WHITE_SPACE_H_
