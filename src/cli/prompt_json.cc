#include "cli/prompt_json.h"

#include <algorithm>
#include <string>

#include "base/json_depth.h"
#include "base/strings.h"
#include "model/unique_keys.h"

namespace sotto {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLongestShownName = 40;

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
  UniqueKeys keys;
  Json json;
  try {
    json = Json::parse(text, [&](int, Json::parse_event_t event, const Json& value) {
      keys.See(event, value);
      return true;
    });
  } catch (const Json::parse_error& error) {
    return Refusal(source, StrCat("not valid JSON, at byte ", error.byte));
  } catch (const Json::exception&) {
    return Refusal(source, "a number is out of range");
  }
  if (!keys.twice().has_value()) return json;
  return Refusal(source, StrCat(MemberName(*keys.twice()), " appears twice"));
}

absl::Status CheckMembers(const Json& object, std::span<const std::string_view> known,
                          std::string_view source) {
  for (const auto& [name, value] : object.items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return Refusal(source, StrCat(MemberName(name), " is unknown; known: ", List(known)));
  }
  return absl::OkStatus();
}

}  // namespace sotto
