#include <algorithm>

#include "base/check.h"
#include "sotto/scoring.h"

namespace sotto {

absl::StatusOr<TextWindows> TextWindows::Create(size_t tokens, const WindowOptions& options) {
  if (options.length < 2) return absl::InvalidArgumentError("length: must be at least 2");
  switch (options.count) {
    case WindowCount::kLlamaCpp:
      return TextWindows(tokens, options);
    case WindowCount::kHuggingFace:
      if (options.stride >= 1 && options.stride <= options.length) {
        return TextWindows(tokens, options);
      }
      return absl::InvalidArgumentError("stride: must be 1 to length");
  }
  return absl::InvalidArgumentError("count: no such way to count");
}

size_t TextWindows::size() const {
  if (options_.count == WindowCount::kLlamaCpp) return tokens_ / options_.length;
  if (tokens_ <= options_.length) return 1;
  return (tokens_ - options_.length + options_.stride - 1) / options_.stride + 1;
}

TextWindow TextWindows::operator[](size_t i) const {
  SOTTO_CHECK(i < size());
  if (options_.count == WindowCount::kLlamaCpp) {
    const size_t begin = i * options_.length;
    return {.begin = begin,
            .end = begin + options_.length,
            .first_token = begin + options_.length / 2 + 1,
            .begins_with_bos = true};
  }
  const size_t begin = i * options_.stride;
  const size_t scored_before = i == 0 ? 0 : begin - options_.stride + options_.length;
  return {.begin = begin,
          .end = std::min(begin + options_.length, tokens_),
          .first_token = std::max(begin + 1, scored_before)};
}

}  // namespace sotto
