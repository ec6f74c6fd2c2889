#include "trusted/tokenizer/tokenizer_config.h"

#include <algorithm>
#include <optional>

#include "base/strings.h"
#include "trusted/tokenizer/json_value.h"

namespace sotto {
namespace {

// The classes that in transformers 4 put a template of their own in the place of tokenizer.json's,
// by add_bos_token (true if it is not given) and add_eos_token (false). transformers 5 drops both
// fields where there is a tokenizer.json.
constexpr std::string_view kFramingClasses[] = {
    "LlamaTokenizer", "LlamaTokenizerFast", "CodeLlamaTokenizer", "CodeLlamaTokenizerFast",
    "GemmaTokenizer", "GemmaTokenizerFast", "CohereTokenizer",    "CohereTokenizerFast"};

// One end of a text.
struct TextEnd {
  const char* field;       // of tokenizer_config.json
  const char* token;       // its name
  bool in_tokenizer_json;  // whether the template puts something there
  bool class_default;      // of the classes above
};

absl::StatusOr<std::optional<std::string>> Disagreement(const JsonValue& root, bool framing,
                                                        const TextEnd& end) {
  SOTTO_ASSIGN_OR_RETURN(const auto field, root.OptionalMember(end.field));
  bool wanted = framing ? end.class_default : end.in_tokenizer_json;
  if (field.has_value()) {
    SOTTO_ASSIGN_OR_RETURN(wanted, field->Bool());
  }
  if (wanted == end.in_tokenizer_json) return std::optional<std::string>();
  return std::optional<std::string>(
      StrCat(end.field, " is ", wanted ? "true" : "false", ", but tokenizer.json's post_processor ",
             end.in_tokenizer_json ? "adds " : "adds no ", end.token, ", which is what counts; ",
             framing ? "so it does in transformers 5, but transformers 4 goes by the former for "
                       "this tokenizer_class: change post_processor to have its ids"
                     : "so it does in transformers"));
}

absl::StatusOr<std::vector<std::string>> Disagreements(const JsonValue& root,
                                                       const Tokenizer& tokenizer) {
  SOTTO_ASSIGN_OR_RETURN(const auto name, root.OptionalMember("tokenizer_class"));
  bool framing = false;
  if (name.has_value()) {
    SOTTO_ASSIGN_OR_RETURN(const std::string_view text, name->String());
    framing = std::count(std::begin(kFramingClasses), std::end(kFramingClasses), text) > 0;
  }
  std::vector<std::string> found;
  for (const TextEnd& end :
       {TextEnd{"add_bos_token", "BOS", !tokenizer.bos_ids().empty(), true},
        TextEnd{"add_eos_token", "EOS", !tokenizer.eos_ids().empty(), false}}) {
    SOTTO_ASSIGN_OR_RETURN(auto line, Disagreement(root, framing, end));
    if (line.has_value()) found.push_back(*std::move(line));
  }
  return found;
}

}  // namespace

std::vector<std::string> TokenizerConfigWarnings(std::string_view json, const std::string& source,
                                                 const Tokenizer& tokenizer) {
  std::vector<std::string> found;
  const absl::Status status =
      ReadJsonText(json, source, [&](const JsonValue& root) -> absl::Status {
        SOTTO_ASSIGN_OR_RETURN(found, Disagreements(root, tokenizer));
        return absl::OkStatus();
      });
  if (!status.ok()) {
    const bool no_json = absl::IsDataLoss(status);
    return {StrCat(ToStd(status.message()), no_json ? "; the file is ignored" : "")};
  }
  for (std::string& line : found) line = StrCat(source, ": ", line);
  return found;
}

}  // namespace sotto
