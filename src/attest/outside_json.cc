#include "attest/outside_json.h"

#include <nlohmann/json.hpp>

#include "base/json_depth.h"
#include "base/strings.h"
#include "base/terminal_text.h"
#include "base/unique_keys.h"

namespace sotto {

absl::StatusOr<nlohmann::json> ParseOutsideObject(std::string_view text) {
  using Json = nlohmann::json;
  // The parser would skip it, and others would not: what is signed and hashed has one form.
  if (text.starts_with("\xef\xbb\xbf")) {
    return absl::InvalidArgumentError("begins with a byte order mark, which JSON does not have");
  }
  SOTTO_RETURN_IF_ERROR(CheckJsonDepth(text, ""));
  Json root = Json::parse(text, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded()) return absl::InvalidArgumentError("not JSON");
  if (const auto twice = KeyGivenTwice<Json>(text); twice.has_value()) {
    return absl::InvalidArgumentError(
        StrCat("member \"", TerminalText(*twice).substr(0, 100), "\" appears twice"));
  }
  if (!root.is_object()) return absl::InvalidArgumentError("not a JSON object");
  return root;
}

}  // namespace sotto
