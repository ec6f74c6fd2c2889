// The JSON Canonicalization Scheme (RFC 8785): of all texts of a JSON value the one that is hashed
// and signed.
#ifndef SOTTO_ATTEST_CANONICAL_JSON_H_
#define SOTTO_ATTEST_CANONICAL_JSON_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/status.h"

namespace sotto {

// INVALID_ARGUMENT for what has no such form: integers beyond +-(2^53 - 1), which readers round
// differently, and numbers that are not finite. REQUIRES: strings are UTF-8, as parsers leave them.
absl::StatusOr<std::string> CanonicalJson(const nlohmann::json& value);

// As ECMAScript's Number::toString writes it, the shortest digits that read back as `value`.
// REQUIRES: it is finite.
std::string CanonicalNumber(double value);

}  // namespace sotto

#endif  // SOTTO_ATTEST_CANONICAL_JSON_H_
