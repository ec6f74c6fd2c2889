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
    SOTTO_ASSIGN_OR_RETURN(const JsonValue model, root.Member("model"));
    SOTTO_ASSIGN_OR_RETURN(definition.model, ParseModel(model));
    SOTTO_RETURN_IF_ERROR(ParseAddedTokens(root, definition));
    return ParseSteps(root, definition);
  }));
  return definition;
}

}  // namespace sotto
