// How deeply JSON text may nest. Parsers, and what walks, copies, prints or frees what they made,
// take stack or memory for each level, so that a few megabytes of '[' could end the process. Every
// JSON text from outside passes here first, whichever library then reads it.
#ifndef SOTTO_BASE_JSON_DEPTH_H_
#define SOTTO_BASE_JSON_DEPTH_H_

#include <cstddef>
#include <string_view>

#include "base/status.h"

namespace sotto {

// No file or line that Sotto reads has reason to nest a quarter as deep.
inline constexpr size_t kMaxJsonDepth = 64;

// INVALID_ARGUMENT "SOURCE: nests deeper than 64 levels, at byte N" (from 0; an empty `source` is
// left out) when more than kMaxJsonDepth arrays and objects are open at once, and "SOURCE: not
// valid JSON, at byte N" for a zero byte outside of strings, which some parsers take for the end.
// Of text that is not JSON it holds up to the first mistake, where a parser stops. Linear, without
// recursion.
absl::Status CheckJsonDepth(std::string_view text, std::string_view source);

}  // namespace sotto

#endif  // SOTTO_BASE_JSON_DEPTH_H_
