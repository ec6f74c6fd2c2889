#include "base/json_size.h"

#include "base/json_string.h"
#include "base/strings.h"

namespace sotto {
namespace {

bool SeparatesValues(char c) {
  return c == ',' || c == ':' || c == ']' || c == '}' || c == ' ' || c == '\n' || c == '\r' ||
         c == '\t';
}

absl::Status TooMany(std::string_view source, size_t limit, std::string_view what, size_t at) {
  return absl::InvalidArgumentError(
      StrCat(source, " has more than ", limit, " ", what, ", at byte ", at));
}

}  // namespace

absl::Status CheckJsonSize(std::string_view text, const JsonSizeLimits& limits,
                           std::string_view source) {
  size_t nodes = 0, scalars = 0;
  bool in_scalar = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' || c == '[' || c == '{') {
      in_scalar = false;
      if (++nodes > limits.nodes) {
        return TooMany(source, limits.nodes, "strings, arrays and objects", i);
      }
      if (c == '"') i = JsonStringEnd(text, i);
    } else if (SeparatesValues(c)) {
      in_scalar = false;
    } else if (!in_scalar) {
      in_scalar = true;
      if (++scalars > limits.scalars) return TooMany(source, limits.scalars, "numbers", i);
    }
  }
  return absl::OkStatus();
}

}  // namespace sotto
