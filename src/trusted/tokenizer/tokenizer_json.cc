#include "trusted/tokenizer/tokenizer_json.h"

#include <algorithm>
#include <string>

#include "base/strings.h"
#include "trusted/tokenizer/tokenizer_json_parts.h"

namespace sotto {
namespace {

bool SpellsBytes(const PreTokenizerStep& step) {
  return step.kind == PreTokenizerStep::Kind::kSpellBytes;
}

// A model that merges bytes need not have them spelt out and read back.
void TakeByteLevelForm(TokenizerDefinition& definition) {
  auto& steps = definition.pre_tokenizer;
  const auto* bpe = std::get_if<BpeDefinition>(&definition.model);
  if (bpe == nullptr || !BpeModel::HasByteLevelForm(*bpe) || steps.empty() ||
      !SpellsBytes(steps.back()) || std::count_if(steps.begin(), steps.end(), SpellsBytes) > 1) {
    return;
  }
  steps.pop_back();
  definition.byte_level = true;
}

// What the reference refuses to read, too: a member that it does not know, so that a misspelt one
// is not left out in silence.
absl::Status CheckTopLevel(const JsonValue& root) {
  constexpr std::string_view kMembers[] = {"version",        "truncation", "padding",
                                           "added_tokens",   "normalizer", "pre_tokenizer",
                                           "post_processor", "decoder",    "model"};
  SOTTO_ASSIGN_OR_RETURN(const simdjson::dom::object members, root.Object());
  for (const simdjson::dom::key_value_pair member : members) {
    if (std::ranges::find(kMembers, member.key) != std::end(kMembers)) continue;
    return root.Unsupported(StrCat("member ", member.key),
                            "version, truncation, padding, added_tokens, normalizer, "
                            "pre_tokenizer, post_processor, decoder, model");
  }
  SOTTO_ASSIGN_OR_RETURN(const auto version, root.MemberOrNull("version"));
  if (!version.has_value()) return absl::OkStatus();
  SOTTO_ASSIGN_OR_RETURN(const std::string_view name, version->String());
  return name == "1.0" ? absl::OkStatus() : version->Unsupported(name, "1.0");
}

absl::Status ParseSteps(const JsonValue& root, TokenizerDefinition& definition) {
  SOTTO_ASSIGN_OR_RETURN(const auto normalizer, root.OptionalMember("normalizer"));
  if (normalizer.has_value()) {
    SOTTO_RETURN_IF_ERROR(ParseNormalizer(*normalizer, definition.normalizer));
  }
  SOTTO_ASSIGN_OR_RETURN(const auto pre_tokenizer, root.OptionalMember("pre_tokenizer"));
  if (pre_tokenizer.has_value()) {
    SOTTO_RETURN_IF_ERROR(ParsePreTokenizer(*pre_tokenizer, definition.pre_tokenizer));
  }
  TakeByteLevelForm(definition);
  SOTTO_ASSIGN_OR_RETURN(const auto post_processor, root.OptionalMember("post_processor"));
  if (post_processor.has_value()) {
    SOTTO_RETURN_IF_ERROR(ParsePostProcessor(*post_processor, definition));
  }
  SOTTO_ASSIGN_OR_RETURN(const auto decoder, root.OptionalMember("decoder"));
  definition.decoder = NoDecoder();
  if (decoder.has_value()) {
    SOTTO_ASSIGN_OR_RETURN(definition.decoder, ParseDecoder(*decoder, definition.warnings));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TokenizerDefinition> ParseTokenizerJson(std::string_view json,
                                                       const std::string& source) {
  TokenizerDefinition definition;
  SOTTO_RETURN_IF_ERROR(ReadJsonText(json, source, [&](const JsonValue& root) -> absl::Status {
    SOTTO_RETURN_IF_ERROR(CheckTopLevel(root));
    SOTTO_ASSIGN_OR_RETURN(const JsonValue model, root.Member("model"));
    SOTTO_ASSIGN_OR_RETURN(definition.model, ParseModel(model));
    SOTTO_RETURN_IF_ERROR(ParseAddedTokens(root, definition));
    return ParseSteps(root, definition);
  }));
  return definition;
}

}  // namespace sotto
