// A line of `sotto score`'s input. TRUSTED: holds prompts.
//   "text", [ids], {"text": text or ids} or {"ids": [..]}      a text; "prompt" is another name
//   {"context": text or ids, "continuation": text or ids}      what follows a context
//   {"context": .., "continuations": [..]}                     several, to choose from
//   {"prompt": text or ids, "labels": [..]}                    several, as probabilities
// An object may have an "id", which is echoed, and "special_tokens" and "bos", which count for its
// texts (text_encoding.h). A context and what follows it are all text or all ids. Errors:
// INVALID_ARGUMENT that names the line and the member, never what stands there.
#ifndef SOTTO_CLI_SCORE_LINE_H_
#define SOTTO_CLI_SCORE_LINE_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "cli/text_encoding.h"
#include "sotto/model.h"

namespace sotto {

enum class ScoreKind { kText, kContinuation, kContinuations, kLabels };

struct TextOrIds {
  std::string text = {};
  std::optional<TokenIds> ids = {};  // Given instead of text: not empty, none negative.
};

struct ScoreRequest {
  ScoreKind kind = ScoreKind::kText;
  TextOrIds context = {};                     // kText: the text.
  std::vector<TextOrIds> continuations = {};  // One or more, but for kText; or the labels.
  TextMembers encoding = {};                  // Of text.
  nlohmann::ordered_json id = {};             // Null: none.
};

// `source`, "FILE: line 3", begins errors.
absl::StatusOr<ScoreRequest> ParseScoreLine(std::string_view line, const std::string& source);

}  // namespace sotto

#endif  // SOTTO_CLI_SCORE_LINE_H_
