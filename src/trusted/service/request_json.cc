#include "trusted/service/request_json.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/closest_word.h"
#include "base/json_depth.h"
#include "base/json_size.h"
#include "base/strings.h"
#include "base/unique_keys.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

constexpr size_t kLongestName = 40;

// What stands in a body besides its prompts, such as labels; and of a prompt: a document may have
// members of its own. Prompts of ids that are to be cut may come longer than they are taken.
constexpr size_t kOtherNodes = 1024, kNodesOfPrompt = 32, kLongestCut = 8;

JsonSizeLimits SizeLimitsOf(const RequestLimits& limits) {
  const size_t nodes = kOtherNodes + kNodesOfPrompt * limits.prompts;
  return {.nodes = nodes, .scalars = nodes + kLongestCut * limits.tokens};
}

// A prompt that stands in a name's place by mistake is not repeated: a name has no blanks.
std::string ShownName(std::string_view name) {
  const bool shown = !name.empty() && name.size() <= kLongestName &&
                     std::ranges::all_of(name, [](unsigned char c) {
                       return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
                     });
  return shown ? std::string(name) : "a member";
}

absl::Status UnknownMember(std::string_view name, std::span<const std::string_view> known) {
  const std::string shown = ShownName(name);
  if (shown == "messages") {
    return MemberError(shown,
                       "is unknown here: no chat is served; render the messages with the model's "
                       "chat template and send the prompt");
  }
  const std::string meant =
      ClosestWord(shown, std::vector<std::string>(known.begin(), known.end()));
  return MemberError(shown, meant.empty() ? "is unknown here: see /openapi.json"
                                          : StrCat("is unknown here: did you mean ", meant, "?"));
}

// Of all objects of a JSON text: a colon stands behind each, and nowhere else outside of strings.
// (KeyGivenTwice() would leave copies of a prompt in memory that is not wiped.)
size_t KeysIn(std::string_view body) {
  size_t count = 0;
  bool in_string = false;
  for (size_t i = 0; i < body.size(); ++i) {
    if (body[i] == '"') in_string = !in_string;
    if (in_string && body[i] == '\\') ++i;
    if (!in_string && body[i] == ':') ++count;
  }
  return count;
}

// What the parser has left of them.
size_t MembersOf(const RequestJson& value) {
  if (!value.is_structured()) return 0;
  size_t count = value.is_object() ? value.size() : 0;
  for (const RequestJson& element : value) count += MembersOf(element);
  return count;
}

// nlohmann's own message quotes the text around a mistake: only the offset is taken from it.
absl::StatusOr<RequestJson> ParseBody(std::string_view body, const RequestLimits& limits) {
  if (body.empty()) return absl::InvalidArgumentError("the body is empty: a JSON object is wanted");
  SOTTO_RETURN_IF_ERROR(CheckJsonSize(body, SizeLimitsOf(limits), "the body"));
  SOTTO_RETURN_IF_ERROR(CheckJsonDepth(body, "the body"));
  RequestJson json;
  try {
    json = RequestJson::parse(body);
  } catch (const nlohmann::detail::parse_error& error) {
    return absl::InvalidArgumentError(StrCat("the body is not valid JSON, at byte ", error.byte));
  } catch (const nlohmann::detail::exception&) {
    return absl::InvalidArgumentError("the body has a number that is out of range");
  }
  if (MembersOf(json) == KeysIn(body)) return json;
  const std::optional<std::string> twice = KeyGivenTwice<nlohmann::json>(body);
  return MemberError(ShownName(twice.value_or("")), "is given twice");
}

}  // namespace

absl::StatusOr<RequestFields> RequestFields::Parse(std::string_view body,
                                                   std::span<const std::string_view> known,
                                                   const RequestLimits& limits) {
  SOTTO_ASSIGN_OR_RETURN(RequestJson json, ParseBody(body, limits));
  if (!json.is_object()) return absl::InvalidArgumentError("the body is not a JSON object");
  for (const auto& [name, value] : json.items()) {
    if (std::ranges::find(known, std::string_view(name)) != known.end()) continue;
    return UnknownMember(name, known);
  }
  return RequestFields(std::move(json), limits);
}

const RequestJson* RequestFields::Find(std::string_view name) const {
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string> RequestFields::NullMember() const {
  for (const auto& [name, value] : object_.items()) {
    if (value.is_null()) return std::string(name);
  }
  return std::nullopt;
}

absl::StatusOr<bool> RequestFields::Bool(std::string_view name, bool otherwise) const {
  const RequestJson* const value = Find(name);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) return MemberError(name, "must be true or false");
  return value->get<bool>();
}

absl::StatusOr<std::optional<int64_t>> RequestFields::Integer(std::string_view name, int64_t min,
                                                              int64_t max) const {
  const RequestJson* const value = Find(name);
  if (value == nullptr) return std::optional<int64_t>();
  // Beyond int64 a number reads as a float, which is no integer, or as unsigned, which would
  // compare as a negative one.
  const bool beyond =
      value->is_number_unsigned() && value->get<uint64_t>() > std::numeric_limits<int64_t>::max();
  if (!value->is_number_integer() || beyond || *value < min || *value > max) {
    return MemberError(name, StrCat("must be an integer from ", min, " to ", max));
  }
  return std::optional(value->get<int64_t>());
}

absl::StatusOr<std::optional<double>> RequestFields::Number(std::string_view name, double min,
                                                            double max) const {
  const RequestJson* const value = Find(name);
  if (value == nullptr) return std::optional<double>();
  if (!value->is_number() || !(value->get<double>() >= min && value->get<double>() <= max)) {
    return MemberError(name, StrCat("must be a number from ", min, " to ", max));
  }
  return std::optional(value->get<double>());
}

absl::StatusOr<std::optional<SecretString>> RequestFields::String(std::string_view name) const {
  const RequestJson* const value = Find(name);
  if (value == nullptr) return std::optional<SecretString>();
  if (!value->is_string()) return MemberError(name, "must be a string");
  return std::optional(value->get_ref<const SecretString&>());
}

absl::StatusOr<SecretVector<SecretString>> RequestFields::Strings(std::string_view name) const {
  const RequestJson* const value = Find(name);
  SecretVector<SecretString> strings;
  if (value != nullptr && value->is_string()) {
    strings.push_back(value->get_ref<const SecretString&>());
  } else if (value != nullptr && value->is_array()) {
    for (const RequestJson& element : *value) {
      if (!element.is_string()) {
        return MemberError(name, StrCat("element ", strings.size(), " is not a string"));
      }
      strings.push_back(element.get_ref<const SecretString&>());
    }
  }
  if (strings.empty()) return MemberError(name, "must be a string, or an array of one or more");
  return strings;
}

absl::StatusOr<std::optional<SecretIds>> RequestFields::Ids(std::string_view name) const {
  const RequestJson* const value = Find(name);
  if (value == nullptr) return std::optional<SecretIds>();
  if (!value->is_array()) return MemberError(name, "must be an array of token ids");
  SOTTO_ASSIGN_OR_RETURN(SecretIds ids, IdsOfArray(*value, name));
  return std::optional(std::move(ids));
}

absl::Status RequestFields::Only(std::string_view name, const RequestJson& value,
                                 std::string_view why) const {
  const RequestJson* const given = Find(name);
  return given == nullptr || *given == value ? absl::OkStatus() : MemberError(name, why);
}

absl::Status RequestFields::CheckPromptCount(std::string_view name, size_t count) const {
  if (count <= limits_.prompts) return absl::OkStatus();
  return MemberError(name, StrCat("comes to ", count, " prompts, more than the ", limits_.prompts,
                                  " of one request"));
}

bool IsIdArray(const RequestJson& value) {
  return value.is_array() && std::ranges::all_of(value, [](const RequestJson& element) {
           return element.is_number_integer();
         });
}

absl::StatusOr<SecretIds> IdsOfArray(const RequestJson& array, std::string_view member) {
  SecretIds ids;
  ids.reserve(array.size());
  for (const RequestJson& element : array) {
    const bool beyond = element.is_number_unsigned() &&
                        element.get<uint64_t>() > std::numeric_limits<int32_t>::max();
    if (!element.is_number_integer() || beyond || element < 0 ||
        element > std::numeric_limits<int32_t>::max()) {
      return MemberError(member, StrCat("element ", ids.size(), " is not a token id"));
    }
    ids.push_back(element.get<int32_t>());
  }
  return ids;
}

}  // namespace sotto
