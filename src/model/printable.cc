#include "model/printable.h"

namespace sotto {

std::string Printable(std::string_view text) {
  constexpr size_t kLongest = 100;
  std::string quoted = "\"";
  for (const char c : text.substr(0, kLongest)) quoted += c >= ' ' && c <= '~' ? c : '?';
  return quoted + (text.size() > kLongest ? "...\"" : "\"");
}

}  // namespace sotto
