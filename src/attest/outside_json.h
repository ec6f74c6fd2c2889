// JSON of an evidence file, before anybody looks at what it says.
#ifndef SOTTO_ATTEST_OUTSIDE_JSON_H_
#define SOTTO_ATTEST_OUTSIDE_JSON_H_

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "base/status.h"

namespace sotto {

// INVALID_ARGUMENT for what is not JSON (RFC 8259: without a byte order mark), nests too deeply,
// gives a member twice, or is no object.
absl::StatusOr<nlohmann::json> ParseOutsideObject(std::string_view text);

}  // namespace sotto

#endif  // SOTTO_ATTEST_OUTSIDE_JSON_H_
