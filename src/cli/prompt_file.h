// Prompt files: what users hand to `sotto prefill --prompts`. TRUSTED: holds prompts.
//   .jsonl, .ndjson  an object a line: {"prompt": text}, {"text": text} or {"ids": [..]}, and
//                    optionally "id" (a string, a number or a boolean), which is echoed back;
//                    beside text also "special_tokens" and "bos" (text_encoding.h)
//   .json            an array whose elements are such objects, strings or arrays of ids
//   others           text, a prompt a line
// In all of them a UTF-8 byte order mark, CRLF line ends and blank lines are accepted and dropped.
// Errors: INVALID_ARGUMENT, naming the file and the line or element, never what stands there; also
// for a file without a single prompt, and for members of an object that are unknown or given twice.
#ifndef SOTTO_CLI_PROMPT_FILE_H_
#define SOTTO_CLI_PROMPT_FILE_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "cli/prompt_format.h"
#include "cli/text_encoding.h"

namespace sotto {

struct Prompt {
  std::string text = {};                         // As given, not checked to be UTF-8.
  std::optional<std::vector<int32_t>> ids = {};  // Given instead of text: not empty, none negative.
  nlohmann::ordered_json id = {};                // What to echo; null when there was none.
  TextMembers encoding = {};                     // Of text.
  std::string source = {};                       // For errors: "FILE: line 3" or "--prompt 2".
};

// By the extension, in either case.
PromptFormat PromptFormatOfPath(std::string_view path);

// `source` names the file in errors.
absl::StatusOr<std::vector<Prompt>> ParsePrompts(std::string_view contents, PromptFormat format,
                                                 const std::string& source);

// Whether text was meant to be lines of JSON: its first prompt is an object.
bool FirstPromptIsJsonObject(std::span<const Prompt> prompts);

// From a file or a pipe. Without a format it is the path's, with a warning of text that seems to be
// lines of JSON. `sha256`, unless null, becomes the digest of what was read, 64 hex digits.
absl::StatusOr<std::vector<Prompt>> ReadPromptFile(
    const std::string& path, std::optional<PromptFormat> format = std::nullopt,
    std::string* sha256 = nullptr);

}  // namespace sotto

#endif  // SOTTO_CLI_PROMPT_FILE_H_
