// How many values JSON text may have. What a parser makes of one takes up to a hundred times as
// many bytes as its text, so that a few megabytes of "[]," could take much of a machine's memory.
// Text from many clients passes here before it is parsed.
#ifndef SOTTO_BASE_JSON_SIZE_H_
#define SOTTO_BASE_JSON_SIZE_H_

#include <cstddef>
#include <string_view>

#include "base/status.h"

namespace sotto {

struct JsonSizeLimits {
  size_t nodes = 0;    // Strings, members' names among them, arrays and objects.
  size_t scalars = 0;  // Numbers, true, false and null, which take far less.
};

// INVALID_ARGUMENT "SOURCE has more than N strings, arrays and objects, at byte B" (from 0), or
// "numbers", for the first beyond a limit. Of text that is not JSON it holds up to the first
// mistake, where a parser stops. Linear; allocates nothing.
absl::Status CheckJsonSize(std::string_view text, const JsonSizeLimits& limits,
                           std::string_view source);

}  // namespace sotto

#endif  // SOTTO_BASE_JSON_SIZE_H_
