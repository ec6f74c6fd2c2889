// Strings in JSON text that nobody has parsed yet.
#ifndef SOTTO_BASE_JSON_STRING_H_
#define SOTTO_BASE_JSON_STRING_H_

#include <cstddef>
#include <string_view>

namespace sotto {

// Where the string that begins behind the quote at `quote` ends: at its closing quote, or with the
// text or behind it.
inline size_t JsonStringEnd(std::string_view text, size_t quote) {
  size_t i = quote + 1;
  while (i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
  return i;
}

}  // namespace sotto

#endif  // SOTTO_BASE_JSON_STRING_H_
