#include "cli/prompt_json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "base/json_depth.h"
#include "base/strings.h"
#include "base/unique_keys.h"
#include "base/utf8.h"

namespace sotto {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLongestShownName = 40;
// Up to here every integer is a double.
constexpr double kLargestExact = 9007199254740992;

// A member as a message names it. Where a prompt stands in a name's place by mistake, it is not
// repeated: a name has no spaces.
std::string MemberName(std::string_view name) {
  const bool shown = !name.empty() && name.size() <= kLongestShownName &&
                     std::all_of(name.begin(), name.end(), [](unsigned char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
                     });
  return shown ? StrCat("member \"", name, "\"") : "a member";
}

std::string List(std::span<const std::string_view> names) {
  std::string list;
  for (const std::string_view name : names) {
    list += StrCat(list.empty() ? "" : ", ", "\"", name, "\"");
  }
  return list;
}

absl::Status Refusal(std::string_view source, std::string_view what) {
  return absl::InvalidArgumentError(StrCat(source, source.empty() ? "" : ": ", what));
}

}  // namespace

// nlohmann's own message quotes the text around the mistake, which is a prompt: only the offset is
// taken from it.
absl::StatusOr<Json> ParsePromptJson(std::string_view text, std::string_view source) {
  SOTTO_RETURN_IF_ERROR(CheckJsonDepth(text, source));
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error& error) {
    const size_t valid = ValidUtf8Prefix(text);
    if (valid < text.size()) {
      return Refusal(source, StrCat("not UTF-8, as JSON must be, at byte ", valid + 1));
    }
    return Refusal(source, StrCat("not valid JSON, at byte ", error.byte));
  } catch (const Json::exception&) {
    return Refusal(source, "a number is out of range");
  }
  const std::optional<std::string> twice = KeyGivenTwice<Json>(text);
  if (!twice.has_value()) return json;
  return Refusal(source, StrCat(MemberName(*twice), " appears twice"));
}

absl::Status CheckMembers(const Json& object, std::span<const std::string_view> known,
                          std::string_view source) {
  for (const auto& [name, value] : object.items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return Refusal(source, StrCat(MemberName(name), " is unknown; known: ", List(known)));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int32_t>> ReadTokenIds(const Json& value, std::string_view place) {
  if (!value.is_array() || value.empty()) {
    return absl::InvalidArgumentError(StrCat(place, " is not an array of one or more token ids"));
  }
  std::vector<int32_t> ids;
  ids.reserve(value.size());
  for (const Json& element : value) {
    const bool whole = element.is_number_integer();
    // A number beyond int64 reads as unsigned, one below zero as signed: both compare as intended.
    if (!whole || element < 0 || element > std::numeric_limits<int32_t>::max()) {
      return absl::InvalidArgumentError(
          StrCat(place, ": element ", ids.size(), " is not a token id"));
    }
    ids.push_back(element.get<int32_t>());
  }
  return ids;
}

absl::StatusOr<Json> ReadEchoedId(const Json& object, std::string_view source) {
  if (!object.contains("id")) return Json();
  const Json& id = object["id"];
  if (id.is_structured()) return Refusal(source, "\"id\" is not a string, a number or a boolean");
  // Integers beyond 64 bits are read as that, and would not come back as they were.
  if (id.is_number_float() && std::abs(id.get<double>()) > kLargestExact) {
    return Refusal(source, "\"id\" is too large a number to be echoed exactly; make it a string");
  }
  return id;
}

}  // namespace sotto
