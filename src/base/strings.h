// StrCat that takes std::string_view: Debian builds Abseil with a string_view of its own, which
// does not convert from std's. Everything else is absl::StrCat.
#ifndef SOTTO_BASE_STRINGS_H_
#define SOTTO_BASE_STRINGS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sotto {

inline absl::string_view ToAbsl(std::string_view s) { return {s.data(), s.size()}; }
inline std::string_view ToStd(absl::string_view s) { return {s.data(), s.size()}; }

namespace strings_internal {
inline absl::string_view Piece(std::string_view s) { return ToAbsl(s); }
template <typename T>
requires(!std::is_convertible_v<const T&, std::string_view>) decltype(auto) Piece(const T& value) {
  return value;
}
}  // namespace strings_internal

template <typename... Args>
std::string StrCat(const Args&... args) {
  return absl::StrCat(strings_internal::Piece(args)...);
}

inline std::string_view AsText(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace sotto

#endif  // SOTTO_BASE_STRINGS_H_
