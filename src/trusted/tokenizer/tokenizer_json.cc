#include "trusted/tokenizer/tokenizer_json.h"

#include <simdjson.h>

#include <string>

#include "base/json_depth.h"
#include "base/strings.h"
#include "trusted/tokenizer/tokenizer_json_parts.h"

namespace sotto {
namespace {

// A trie of them all takes some 40 times their bytes.
constexpr size_t kMaxAddedTokens = size_t{1} << 18, kMaxAddedBytes = size_t{1} << 22;

absl::StatusOr<AddedToken> ParseAddedToken(const JsonValue& entry) {
  AddedToken token;
  SOTTO_ASSIGN_OR_RETURN(const JsonValue id, entry.Member("id"));
  SOTTO_ASSIGN_OR_RETURN(const int64_t number, id.Int());
  if (number < 0 || number > INT32_MAX) return id.Error("id is out of range");
  token.id = static_cast<int32_t>(number);
  SOTTO_ASSIGN_OR_RETURN(const std::string_view content, entry.StringMember("content"));
  if (content.empty()) return entry.ErrorAt(".content", "must not be empty");
  if (content.size() > kMaxAddedTokenBytes) {
    return entry.ErrorAt(".content", StrCat("is longer than ", kMaxAddedTokenBytes, " bytes"));
  }
  token.content = content;
  SOTTO_ASSIGN_OR_RETURN(token.special, entry.BoolMember("special", false));
  SOTTO_ASSIGN_OR_RETURN(token.lstrip, entry.BoolMember("lstrip", false));
  SOTTO_ASSIGN_OR_RETURN(token.rstrip, entry.BoolMember("rstrip", false));
  SOTTO_ASSIGN_OR_RETURN(token.normalized, entry.BoolMember("normalized", !token.special));
  SOTTO_ASSIGN_OR_RETURN(const bool single_word, entry.BoolMember("single_word", false));
  if (single_word) return entry.Unsupported("single_word", "false");
  return token;
}

// How many of the added tokens are not in the model's vocabulary anyway.
absl::StatusOr<size_t> CountNewTokens(const JsonValue& root, const std::vector<AddedToken>& added) {
  SOTTO_ASSIGN_OR_RETURN(const JsonValue model, root.Member("model"));
  SOTTO_ASSIGN_OR_RETURN(const JsonValue vocab, model.Member("vocab"));
  SOTTO_ASSIGN_OR_RETURN(const simdjson::dom::object object, vocab.Object());
  Vocabulary contents;
  for (const AddedToken& token : added) contents.Add(token.content, 0);
  size_t in_both = 0;
  for (const simdjson::dom::key_value_pair field : object) {
    if (contents.Find(field.key).has_value()) ++in_both;
  }
  return contents.size() - std::min(in_both, contents.size());
}

// Gives every added token its place among the ids, which must be dense.
absl::Status PlaceAddedTokens(const JsonValue& root, TokenizerDefinition& definition) {
  definition.tokens = definition.model.tokens;
  Vocabulary contents;
  for (size_t i = 0; i < definition.added_tokens.size(); ++i) {
    const AddedToken& token = definition.added_tokens[i];
    const auto error = [&](std::string_view what) {
      return root.ErrorAt(StrCat("added_tokens[", i, "]"), what);
    };
    if (!contents.Add(token.content, token.id)) return error("content appears twice");
    if (static_cast<size_t>(token.id) >= definition.tokens.size()) {
      return error(StrCat("id is out of range: not below ", definition.tokens.size()));
    }
    std::string& place = definition.tokens[token.id];
    if (!place.empty() && place != token.content) return error("id belongs to another token");
    const auto in_model = definition.model.vocabulary.Find(token.content);
    if (in_model.has_value() && *in_model != token.id) {
      return error("content has another id in model.vocab");
    }
    place = token.content;
  }
  return absl::OkStatus();
}

absl::Status ParseTokens(const JsonValue& root, TokenizerDefinition& definition) {
  SOTTO_ASSIGN_OR_RETURN(const auto list, root.OptionalMember("added_tokens"));
  if (list.has_value()) {
    SOTTO_ASSIGN_OR_RETURN(const auto entries, list->Elements(kMaxAddedTokens));
    size_t bytes = 0;
    for (const JsonValue& entry : entries) {
      SOTTO_ASSIGN_OR_RETURN(auto token, ParseAddedToken(entry));
      bytes += token.content.size();
      if (bytes > kMaxAddedBytes) {
        return list->Error(StrCat("contents of more than ", kMaxAddedBytes, " bytes"));
      }
      definition.added_tokens.push_back(std::move(token));
    }
  }
  SOTTO_ASSIGN_OR_RETURN(const JsonValue model, root.Member("model"));
  SOTTO_ASSIGN_OR_RETURN(const size_t new_tokens, CountNewTokens(root, definition.added_tokens));
  SOTTO_ASSIGN_OR_RETURN(definition.model, ParseBpeModel(model, new_tokens));
  return PlaceAddedTokens(root, definition);
}

absl::Status ParseSteps(const JsonValue& root, TokenizerDefinition& definition) {
  SOTTO_ASSIGN_OR_RETURN(const auto normalizer, root.OptionalMember("normalizer"));
  if (normalizer.has_value()) {
    SOTTO_RETURN_IF_ERROR(ParseNormalizer(*normalizer, definition.normalizer));
  }
  SOTTO_ASSIGN_OR_RETURN(const auto pre_tokenizer, root.OptionalMember("pre_tokenizer"));
  if (pre_tokenizer.has_value()) {
    SOTTO_RETURN_IF_ERROR(ParsePreTokenizer(*pre_tokenizer, definition));
  }
  SOTTO_ASSIGN_OR_RETURN(const auto post_processor, root.OptionalMember("post_processor"));
  if (post_processor.has_value()) {
    SOTTO_RETURN_IF_ERROR(ParsePostProcessor(*post_processor, definition));
  }
  SOTTO_ASSIGN_OR_RETURN(const JsonValue decoder, root.Member("decoder"));
  SOTTO_ASSIGN_OR_RETURN(definition.decoder, ParseDecoder(decoder));
  if (definition.decoder.byte_level != definition.byte_level) {
    return decoder.Unsupported("ByteLevel in only one of pre_tokenizer and decoder",
                               "both or neither");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TokenizerDefinition> ParseTokenizerJson(std::string_view json,
                                                       const std::string& source) {
  SOTTO_RETURN_IF_ERROR(CheckJsonDepth(json, source));
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  const auto error = parser.parse(json.data(), json.size()).get(document);
  if (error != simdjson::SUCCESS) {
    return absl::DataLossError(
        StrCat(source, ": not JSON, or cut short: ", simdjson::error_message(error)));
  }
  const JsonValue root(document, source, "");
  TokenizerDefinition definition;
  SOTTO_RETURN_IF_ERROR(ParseTokens(root, definition));
  SOTTO_RETURN_IF_ERROR(ParseSteps(root, definition));
  return definition;
}

}  // namespace sotto
