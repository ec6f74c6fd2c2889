// Hexadecimal digits in the one form that ACI has for bytes: lower-case.
#ifndef SOTTO_ATTEST_HEX_H_
#define SOTTO_ATTEST_HEX_H_

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace sotto {

inline bool IsLowerHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}
inline bool IsLowerHex(std::string_view text, size_t digits) {
  return text.size() == digits && IsLowerHex(text);
}

}  // namespace sotto

#endif  // SOTTO_ATTEST_HEX_H_
