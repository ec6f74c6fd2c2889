#include "trusted/tokenizer/tokenizer_config.h"

#include <algorithm>

#include "base/file.h"
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
  const char* advice_to_add = "";
  const char* advice_to_omit = "";
};

// A sentence, or nothing where the files agree.
absl::StatusOr<std::string> Disagreement(const JsonValue& root, bool framing, const TextEnd& end) {
  SOTTO_ASSIGN_OR_RETURN(const auto field, root.OptionalMember(end.field));
  bool wanted = framing ? end.class_default : end.in_tokenizer_json;
  if (field.has_value()) {
    SOTTO_ASSIGN_OR_RETURN(wanted, field->Bool());
  }
  if (wanted == end.in_tokenizer_json) return std::string();
  const std::string found =
      StrCat(end.field, field.has_value() ? " is " : " is not given, and so ",
             wanted ? "true" : "false", ", but tokenizer.json's post_processor adds ",
             end.in_tokenizer_json ? "" : "no ", end.token, "; ");
  if (!framing) return StrCat(found, "Sotto and transformers go by tokenizer.json");
  return StrCat(found, "Sotto and transformers 5 go by tokenizer.json, transformers 4 goes by ",
                end.field,
                "; saving the tokenizer with transformers 4 makes them agree "
                "(docs/tokenizers.md)",
                wanted ? end.advice_to_add : end.advice_to_omit);
}

absl::Status ReadDisagreements(const JsonValue& root, const Tokenizer& tokenizer,
                               TokenizerFileWarnings& found) {
  SOTTO_ASSIGN_OR_RETURN(const auto name, root.OptionalMember("tokenizer_class"));
  bool framing = false;
  if (name.has_value()) {
    SOTTO_ASSIGN_OR_RETURN(const std::string_view text, name->String());
    framing = std::count(std::begin(kFramingClasses), std::end(kFramingClasses), text) > 0;
  }
  SOTTO_ASSIGN_OR_RETURN(found.bos, Disagreement(root, framing,
                                                 {.field = "add_bos_token",
                                                  .token = "BOS",
                                                  .in_tokenizer_json = !tokenizer.bos_ids().empty(),
                                                  .class_default = true,
                                                  .advice_to_add = kBosCanBeAdded,
                                                  .advice_to_omit = kBosCanBeOmitted}));
  SOTTO_ASSIGN_OR_RETURN(found.eos, Disagreement(root, framing,
                                                 {.field = "add_eos_token",
                                                  .token = "EOS",
                                                  .in_tokenizer_json = !tokenizer.eos_ids().empty(),
                                                  .class_default = false}));
  return absl::OkStatus();
}

}  // namespace

TokenizerFileWarnings TokenizerConfigWarnings(std::string_view json, const std::string& source,
                                              const Tokenizer& tokenizer) {
  TokenizerFileWarnings found;
  const absl::Status status = ReadJsonText(json, source, [&](const JsonValue& root) {
    return ReadDisagreements(root, tokenizer, found);
  });
  if (!status.ok()) {
    const bool no_json = absl::IsDataLoss(status);
    return {.general = {StrCat(ToStd(status.message()), no_json ? "; the file is ignored" : "")}};
  }
  for (std::string* line : {&found.bos, &found.eos}) {
    if (!line->empty()) *line = StrCat(source, ": ", *line);
  }
  return found;
}

TokenizerFileWarnings WarningsOfTokenizer(const Tokenizer& tokenizer,
                                          const std::string& config_path) {
  TokenizerFileWarnings found;
  if (const auto text = ReadFile(config_path, kMaxTokenizerConfigBytes); text.ok()) {
    found = TokenizerConfigWarnings(*text, kTokenizerConfigName, tokenizer);
  }
  std::vector<std::string> own;
  for (const std::string& line : tokenizer.warnings()) own.push_back("tokenizer.json: " + line);
  found.general.insert(found.general.begin(), own.begin(), own.end());
  return found;
}

}  // namespace sotto
