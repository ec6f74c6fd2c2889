#include "cli/prompt_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/prompt_json.h"
#include "model/sha256.h"

namespace sotto {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kTextThatIsJson[] =
    "read as text, one prompt per line, but the first line is a JSON object; if the lines are "
    "JSON, name the file .jsonl or .ndjson, or give --prompts-format jsonl";
constexpr std::array<std::string_view, 6> kMembers = {"prompt", "text",           "ids",
                                                      "id",     "special_tokens", "bos"};
// What a prompt may be given as: one of these.
constexpr std::span kForms = std::span(kMembers).first<3>();

absl::StatusOr<Prompt> ReadObject(const Json& object, const std::string& source) {
  if (!object.is_object()) {
    return absl::InvalidArgumentError(
        StrCat(source, ": not an object with \"prompt\", \"text\" or \"ids\""));
  }
  SOTTO_RETURN_IF_ERROR(CheckMembers(object, kMembers, source));
  Prompt prompt{.source = source};
  const auto given = [&](std::string_view form) { return object.contains(form); };
  const auto forms = std::ranges::count_if(kForms, given);
  if (forms != 1) {
    return absl::InvalidArgumentError(StrCat(source,
                                             ": must have one of \"prompt\", \"text\" and \"ids\"",
                                             forms > 1 ? ", not several" : ""));
  }
  const std::string form(*std::ranges::find_if(kForms, given));
  const Json& value = object[form];
  const bool has_ids = form == "ids";
  if (has_ids) {
    SOTTO_ASSIGN_OR_RETURN(prompt.ids, ReadTokenIds(value, StrCat(source, ": \"ids\"")));
  } else if (value.is_string()) {
    prompt.text = value.get<std::string>();
  } else {
    return absl::InvalidArgumentError(StrCat(source, ": \"", form, "\" is not a string"));
  }
  SOTTO_ASSIGN_OR_RETURN(prompt.id, ReadEchoedId(object, source));
  SOTTO_ASSIGN_OR_RETURN(prompt.encoding, ReadTextMembers(object, source));
  if (has_ids) SOTTO_RETURN_IF_ERROR(CheckNoTextMembers(prompt.encoding, source));
  return prompt;
}

bool IsBlank(std::string_view line) {
  return std::all_of(line.begin(), line.end(), [](char c) { return c == ' ' || c == '\t'; });
}

// Calls `read(line, source)` for every line that is not blank, without its line end.
template <typename Read>
absl::StatusOr<std::vector<Prompt>> ReadLines(std::string_view contents, const std::string& source,
                                              Read read) {
  std::vector<Prompt> prompts;
  for (size_t number = 1; !contents.empty(); ++number) {
    const size_t end = contents.find('\n');
    std::string_view line = contents.substr(0, end);
    contents.remove_prefix(std::min(contents.size(), line.size() + 1));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (IsBlank(line)) continue;
    SOTTO_ASSIGN_OR_RETURN(Prompt prompt, read(line, StrCat(source, ": line ", number)));
    prompts.push_back(std::move(prompt));
  }
  return prompts;
}

absl::StatusOr<std::vector<Prompt>> ReadText(std::string_view contents, const std::string& source) {
  return ReadLines(contents, source,
                   [](std::string_view line, std::string line_source) -> absl::StatusOr<Prompt> {
                     return Prompt{.text = std::string(line), .source = std::move(line_source)};
                   });
}

absl::StatusOr<std::vector<Prompt>> ReadJsonLines(std::string_view contents,
                                                  const std::string& source) {
  return ReadLines(
      contents, source,
      [](std::string_view line, const std::string& line_source) -> absl::StatusOr<Prompt> {
        SOTTO_ASSIGN_OR_RETURN(const Json object, ParsePromptJson(line, line_source));
        return ReadObject(object, line_source);
      });
}

absl::StatusOr<Prompt> ReadElement(Json& element, const std::string& source) {
  if (element.is_object()) return ReadObject(element, source);
  Prompt prompt{.source = source};
  if (element.is_array()) {
    SOTTO_ASSIGN_OR_RETURN(prompt.ids, ReadTokenIds(element, source));
    return prompt;
  }
  if (!element.is_string()) {
    return absl::InvalidArgumentError(
        StrCat(source, " is not a string, an array of token ids or an object"));
  }
  prompt.text = std::move(element.get_ref<std::string&>());
  return prompt;
}

absl::StatusOr<std::vector<Prompt>> ReadJsonArray(std::string_view contents,
                                                  const std::string& source) {
  SOTTO_ASSIGN_OR_RETURN(Json array, ParsePromptJson(contents, source));
  if (!array.is_array()) {
    return absl::InvalidArgumentError(StrCat(source, ": not an array of prompts"));
  }
  std::vector<Prompt> prompts;
  for (Json& element : array) {
    SOTTO_ASSIGN_OR_RETURN(Prompt prompt,
                           ReadElement(element, StrCat(source, ": element ", prompts.size())));
    prompts.push_back(std::move(prompt));
  }
  return prompts;
}

absl::StatusOr<std::vector<Prompt>> ReadAs(PromptFormat format, std::string_view contents,
                                           const std::string& source) {
  switch (format) {
    case PromptFormat::kJson:
      return ReadJsonArray(contents, source);
    case PromptFormat::kJsonLines:
      return ReadJsonLines(contents, source);
    case PromptFormat::kText:
      break;
  }
  return ReadText(contents, source);
}

}  // namespace

PromptFormat PromptFormatOfPath(std::string_view path) {
  std::string extension = std::filesystem::path(path).extension();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (extension == ".json") return PromptFormat::kJson;
  if (extension == ".jsonl" || extension == ".ndjson") return PromptFormat::kJsonLines;
  return PromptFormat::kText;
}

absl::StatusOr<std::vector<Prompt>> ParsePrompts(std::string_view contents, PromptFormat format,
                                                 const std::string& source) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (contents.starts_with(kByteOrderMark)) contents.remove_prefix(kByteOrderMark.size());
  SOTTO_ASSIGN_OR_RETURN(std::vector<Prompt> prompts, ReadAs(format, contents, source));
  if (prompts.empty()) return absl::InvalidArgumentError(StrCat(source, ": contains no prompts"));
  return prompts;
}

bool FirstPromptIsJsonObject(std::span<const Prompt> prompts) {
  if (prompts.empty() || prompts[0].ids.has_value()) return false;
  const absl::StatusOr<Json> json = ParsePromptJson(prompts[0].text, "");
  return json.ok() && json->is_object();
}

absl::StatusOr<std::vector<Prompt>> ReadPromptFile(const std::string& path,
                                                   std::optional<PromptFormat> asked,
                                                   std::string* sha256) {
  SOTTO_ASSIGN_OR_RETURN(const std::string contents, ReadFileOrPipe(path));
  if (sha256 != nullptr) *sha256 = Sha256Hex(contents);
  const PromptFormat format = asked.value_or(PromptFormatOfPath(path));
  const std::string source = DisplayName(path);
  SOTTO_ASSIGN_OR_RETURN(std::vector<Prompt> prompts, ParsePrompts(contents, format, source));
  if (!asked.has_value() && format == PromptFormat::kText && FirstPromptIsJsonObject(prompts)) {
    Log(LogLevel::kWarning, StrCat(source, ": ", kTextThatIsJson));
  }
  return prompts;
}

}  // namespace sotto
