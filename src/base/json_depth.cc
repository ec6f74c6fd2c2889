#include "base/json_depth.h"

#include <string>

#include "base/json_string.h"
#include "base/strings.h"

namespace sotto {
namespace {

std::string Place(std::string_view source) { return StrCat(source, source.empty() ? "" : ": "); }

// Some parsers take a zero byte for the end, and never see what stands behind it.
absl::Status NoJson(std::string_view source, size_t zero_at) {
  return absl::InvalidArgumentError(StrCat(Place(source), "not valid JSON, at byte ", zero_at));
}

}  // namespace

absl::Status CheckJsonDepth(std::string_view text, std::string_view source) {
  size_t depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\0') return NoJson(source, i);
    if (c == '"') {
      i = JsonStringEnd(text, i);
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxJsonDepth) {
        return absl::InvalidArgumentError(
            StrCat(Place(source), "nests deeper than ", kMaxJsonDepth, " levels, at byte ", i));
      }
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return absl::OkStatus();
}

}  // namespace sotto
