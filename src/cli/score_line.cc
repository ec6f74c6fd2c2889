#include "cli/score_line.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/strings.h"
#include "base/utf8.h"
#include "cli/prompt_json.h"

namespace sotto {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kWhatALineIs[] =
    "needs \"text\", \"ids\", \"context\" with \"continuation\" or \"continuations\", or "
    "\"prompt\" with \"labels\"";

// The members that an object may have, beside "id", by the one that says what it is.
struct LineShape {
  ScoreKind kind;
  std::string_view first, second;  // `second` empty: there is none.
  bool several = false;            // `second` is an array of such.
};
constexpr std::array<LineShape, 6> kShapes = {{
    {ScoreKind::kLabels, "prompt", "labels", true},
    {ScoreKind::kContinuations, "context", "continuations", true},
    {ScoreKind::kContinuation, "context", "continuation"},
    {ScoreKind::kText, "text", ""},
    {ScoreKind::kText, "ids", ""},
    {ScoreKind::kText, "prompt", ""},
}};

absl::Status BadLine(std::string_view source, std::string_view what) {
  return absl::InvalidArgumentError(StrCat(source, ": ", what));
}

bool HoldsIdsOnly(const Json& array) {
  return std::ranges::all_of(array, [](const Json& element) { return element.is_number(); });
}

// What may have been meant by a line that is no JSON, or no text or ids.
absl::Status WithHint(const absl::Status& status, std::string_view line) {
  const size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
  const char first = begin < line.size() ? line[begin] : ' ';
  if (!IsValidUtf8(line)) return status;
  std::string_view hint = "with --input-format text each line is a text";
  if (first == '[') hint = "of an array, jq -c '.[]' makes lines";
  if (first == '{') {
    if (line.find_last_of('}') != std::string_view::npos) return status;
    hint = "each line is JSON of its own, as jq -c makes it";
  }
  return absl::Status(status.code(), StrCat(ToStd(status.message()), "; ", hint));
}

absl::StatusOr<TextOrIds> ReadTextOrIds(const Json& value, const std::string& place) {
  TextOrIds read;
  if (value.is_string()) {
    read.text = value.get<std::string>();
    return read;
  }
  if (!value.is_array()) {
    return absl::InvalidArgumentError(
        StrCat(place, " is neither a string nor an array of token ids"));
  }
  SOTTO_ASSIGN_OR_RETURN(read.ids, ReadTokenIds(value, place));
  return read;
}

absl::Status ReadSecond(const Json& value, const LineShape& shape, const std::string& place,
                        ScoreRequest& request) {
  if (!shape.several) {
    SOTTO_ASSIGN_OR_RETURN(TextOrIds one, ReadTextOrIds(value, place));
    request.continuations.push_back(std::move(one));
    return absl::OkStatus();
  }
  if (!value.is_array() || value.empty()) {
    return absl::InvalidArgumentError(StrCat(place, " is not an array of one or more"));
  }
  for (const Json& element : value) {
    const std::string element_place = StrCat(place, ": element ", request.continuations.size());
    SOTTO_ASSIGN_OR_RETURN(TextOrIds one, ReadTextOrIds(element, element_place));
    request.continuations.push_back(std::move(one));
  }
  return absl::OkStatus();
}

// Of a member that belongs to lines of another shape; OK for any other.
absl::Status CheckBelongs(std::string_view member, const LineShape& shape,
                          std::string_view source) {
  const auto belongs = [&](const LineShape& other) {
    return !member.empty() && (other.first == member || other.second == member);
  };
  const auto other = std::ranges::find_if(kShapes, belongs);
  if (other == kShapes.end() || belongs(shape)) return absl::OkStatus();
  if (other->second == member && other->first != shape.first) {
    return BadLine(source, StrCat("\"", member, "\" goes with \"", other->first, "\", not with \"",
                                  shape.first, "\""));
  }
  return BadLine(source, StrCat("\"", member, "\" cannot stand beside \"",
                                other->first == shape.first ? shape.second : shape.first, "\""));
}

// All that lines which begin like this one may have.
std::vector<std::string_view> KnownMembers(const LineShape& shape) {
  std::vector<std::string_view> known = {"id", shape.first};
  known.insert(known.end(), TextMembers::kNames.begin(), TextMembers::kNames.end());
  for (const LineShape& other : kShapes) {
    if (other.first == shape.first && !other.second.empty()) known.push_back(other.second);
  }
  return known;
}

absl::StatusOr<ScoreRequest> ReadShape(const Json& object, const LineShape& shape,
                                       const std::string& source) {
  for (const auto& [member, value] : object.items()) {
    SOTTO_RETURN_IF_ERROR(CheckBelongs(member, shape, source));
  }
  SOTTO_RETURN_IF_ERROR(CheckMembers(object, KnownMembers(shape), source));
  ScoreRequest request{.kind = shape.kind};
  const auto place = [&](std::string_view member) { return StrCat(source, ": \"", member, "\""); };
  SOTTO_ASSIGN_OR_RETURN(request.context, ReadTextOrIds(object[shape.first], place(shape.first)));
  SOTTO_ASSIGN_OR_RETURN(request.id, ReadEchoedId(object, source));
  SOTTO_ASSIGN_OR_RETURN(request.encoding, ReadTextMembers(object, source));
  if (request.context.ids.has_value()) {
    SOTTO_RETURN_IF_ERROR(CheckNoTextMembers(request.encoding, source));
  }
  if (shape.second.empty()) {
    const bool text = !request.context.ids.has_value();
    return shape.first == "ids" && text ? BadLine(source, "\"ids\" is not an array of token ids")
                                        : absl::StatusOr<ScoreRequest>(std::move(request));
  }
  SOTTO_RETURN_IF_ERROR(ReadSecond(object[shape.second], shape, place(shape.second), request));
  for (const TextOrIds& continuation : request.continuations) {
    if (continuation.ids.has_value() == request.context.ids.has_value()) continue;
    return BadLine(source, StrCat("\"", shape.first, "\" and \"", shape.second,
                                  "\" must both be text, or both token ids"));
  }
  return request;
}

}  // namespace

absl::StatusOr<ScoreRequest> ParseScoreLine(std::string_view line, const std::string& source) {
  const absl::StatusOr<Json> parsed = ParsePromptJson(line, source);
  if (!parsed.ok()) return WithHint(parsed.status(), line);
  const Json& json = *parsed;
  if (json.is_string() || json.is_array()) {
    ScoreRequest request;
    absl::StatusOr<TextOrIds> text = ReadTextOrIds(json, StrCat(source, ": the line"));
    if (!text.ok()) return HoldsIdsOnly(json) ? text.status() : WithHint(text.status(), line);
    request.context = *std::move(text);
    return request;
  }
  if (!json.is_object()) return WithHint(BadLine(source, kWhatALineIs), line);
  for (const LineShape& shape : kShapes) {
    if (!json.contains(shape.first)) continue;
    if (shape.second.empty() || json.contains(shape.second)) return ReadShape(json, shape, source);
  }
  // A member that is misspelt is worth more than the list of what there could be.
  constexpr std::array<std::string_view, 10> kAll = {
      "id",     "text",           "ids", "context", "continuation", "continuations", "prompt",
      "labels", "special_tokens", "bos"};
  SOTTO_RETURN_IF_ERROR(CheckMembers(json, kAll, source));
  return BadLine(source, kWhatALineIs);
}

}  // namespace sotto
