// The parser of tokenizer.json (the serialisation of Hugging Face `tokenizers`, version "1.0").
#ifndef SOTTO_TRUSTED_TOKENIZER_TOKENIZER_JSON_H_
#define SOTTO_TRUSTED_TOKENIZER_TOKENIZER_JSON_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"
#include "trusted/tokenizer/added_tokens.h"
#include "trusted/tokenizer/bpe_model.h"
#include "trusted/tokenizer/normalizer.h"
#include "trusted/tokenizer/pre_tokenizer.h"
#include "trusted/tokenizer/token_decoder.h"
#include "trusted/tokenizer/unigram_model.h"

namespace sotto {

// `model`, of one type or the other.
struct ModelDefinition : std::variant<BpeDefinition, UnigramDefinition> {
  using variant::variant;
  const std::vector<std::string>& tokens() const {
    return std::visit(
        [](const auto& m) -> const auto& { return m.tokens; }, AsVariant());
  }
  const Vocabulary& vocabulary() const {
    return std::visit(
        [](const auto& m) -> const auto& { return m.vocabulary; }, AsVariant());
  }
  // What the reference takes for the number of tokens: of Unigram all in the list, though one may
  // be there twice.
  size_t size() const {
    const auto* unigram = std::get_if<UnigramDefinition>(this);
    return unigram != nullptr ? unigram->tokens.size() : vocabulary().size();
  }
  std::optional<int32_t> unk_id() const {
    return std::visit([](const auto& m) { return m.unk_id; }, AsVariant());
  }
  const std::variant<BpeDefinition, UnigramDefinition>& AsVariant() const { return *this; }
};

// What a tokenizer.json says, checked: merges and templates name ids that exist.
struct TokenizerDefinition {
  ModelDefinition model;
  std::vector<AddedToken> added_tokens;  // in the order in which the reference looks for them
  std::vector<std::string> tokens;       // the string of every id; empty where it has none
  std::vector<NormalizerStep> normalizer;
  std::vector<PreTokenizerStep> pre_tokenizer;
  bool byte_level = false;  // the model takes raw text instead of a last step kSpellBytes
  std::vector<int32_t> prefix_ids, suffix_ids;  // post_processor: around a text
  DecoderSteps decoder;
  std::vector<std::string> warnings;  // one line each: what the file says and nobody does
};

// Errors as Tokenizer::Parse. Truncation and padding in the file are ignored: they are the
// caller's affair.
absl::StatusOr<TokenizerDefinition> ParseTokenizerJson(std::string_view json,
                                                       const std::string& source);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_TOKENIZER_JSON_H_
