// tokenizer.json's `model`: vocabulary and merges.
#include <string>

#include "base/strings.h"
#include "trusted/tokenizer/tokenizer_json_parts.h"

namespace sotto {
namespace {

namespace dom = simdjson::dom;

// Of tokens and of merges: four times the most that a model has had.
constexpr size_t kMaxVocabulary = size_t{1} << 21;

// Fields that change what a model does, and that Llama leaves unset.
absl::Status RefuseUnusedFields(const JsonValue& model) {
  for (const char* key : {"dropout", "continuing_subword_prefix", "end_of_word_suffix"}) {
    SOTTO_ASSIGN_OR_RETURN(const auto value, model.OptionalMember(key));
    if (!value.has_value()) continue;
    const bool empty = value->is_string() && value->String()->empty();
    if (!empty) return value->Unsupported("a value", "null");
  }
  return absl::OkStatus();
}

absl::Status ParseVocabulary(const JsonValue& model, size_t added_tokens,
                             BpeDefinition& definition) {
  SOTTO_ASSIGN_OR_RETURN(const JsonValue vocab, model.Member("vocab"));
  SOTTO_ASSIGN_OR_RETURN(const dom::object object, vocab.Object());
  // simdjson's own count saturates at 2^24 - 1.
  size_t count = 0;
  for ([[maybe_unused]] const dom::key_value_pair field : object) ++count;
  if (count > kMaxVocabulary)
    return vocab.Error(StrCat("has more than ", kMaxVocabulary, " tokens"));
  const size_t id_limit = count + added_tokens;
  definition.tokens.resize(id_limit);
  definition.vocabulary.Reserve(count);
  size_t entry = 0;
  for (const dom::key_value_pair field : object) {
    const auto error = [&](std::string_view what) {
      return vocab.Error(StrCat("entry ", entry, ": ", what));
    };
    uint64_t id = 0;
    if (field.value.get(id) != simdjson::SUCCESS) return error("id must be a whole number");
    if (id >= id_limit) return error(StrCat("id is out of range: not below ", id_limit));
    if (field.key.empty()) return error("empty token");
    if (!definition.tokens[id].empty()) return error("id is used twice");
    definition.tokens[id] = field.key;
    if (!definition.vocabulary.Add(std::string(field.key), static_cast<int32_t>(id))) {
      return error("token appears twice");
    }
    ++entry;
  }
  return absl::OkStatus();
}

struct MergePair {
  std::string_view left, right;
};

// "a b", or ["a", "b"] since tokenizers 0.20. Both empty when it is neither.
MergePair SplitMerge(dom::element merge) {
  std::string_view text;
  if (merge.get(text) == simdjson::SUCCESS) {
    const size_t space = text.find(' ');
    if (space == std::string_view::npos || text.find(' ', space + 1) != std::string_view::npos) {
      return {};
    }
    return {text.substr(0, space), text.substr(space + 1)};
  }
  dom::array pair;
  MergePair result;
  if (merge.get(pair) != simdjson::SUCCESS || pair.size() != 2 ||
      pair.at(0).get(result.left) != simdjson::SUCCESS ||
      pair.at(1).get(result.right) != simdjson::SUCCESS) {
    return {};
  }
  return result;
}

absl::Status ParseMerges(const JsonValue& model, BpeDefinition& definition) {
  SOTTO_ASSIGN_OR_RETURN(const JsonValue merges, model.Member("merges"));
  SOTTO_ASSIGN_OR_RETURN(const dom::array array, merges.Array());
  size_t count = 0;
  for ([[maybe_unused]] const dom::element merge : array) ++count;
  if (count > kMaxVocabulary)
    return merges.Error(StrCat("has more than ", kMaxVocabulary, " pairs"));
  definition.merges = MergeTable(count);
  uint32_t rank = 0;
  std::string joined;
  for (const dom::element merge : array) {
    const auto error = [&](std::string_view what) {
      return merges.ErrorAt(StrCat("[", rank, "]"), what);
    };
    const MergePair pair = SplitMerge(merge);
    if (pair.left.empty() || pair.right.empty()) return error("must be two tokens");
    const auto left = definition.vocabulary.Find(pair.left);
    const auto right = definition.vocabulary.Find(pair.right);
    if (!left || !right) return error(StrCat(left ? "second" : "first", " token is not in vocab"));
    joined.assign(pair.left).append(pair.right);
    const auto result = definition.vocabulary.Find(joined);
    if (!result) return error("the joined token is not in vocab");
    definition.merges.Set(*left, *right, {rank, *result});  // Of equal pairs the last counts.
    ++rank;
  }
  return absl::OkStatus();
}

absl::Status ParseUnknownToken(const JsonValue& model, BpeDefinition& definition) {
  SOTTO_ASSIGN_OR_RETURN(const auto unk, model.OptionalMember("unk_token"));
  if (!unk.has_value()) return absl::OkStatus();
  SOTTO_ASSIGN_OR_RETURN(const std::string_view token, unk->String());
  definition.unk_id = definition.vocabulary.Find(token);
  return definition.unk_id.has_value() ? absl::OkStatus() : unk->Error("is not in vocab");
}

}  // namespace

absl::StatusOr<BpeDefinition> ParseBpeModel(const JsonValue& model, size_t added_tokens) {
  SOTTO_ASSIGN_OR_RETURN(const std::string_view type, model.StringMember("type"));
  if (type != "BPE") return model.Unsupported(StrCat("type ", type), "BPE");
  SOTTO_RETURN_IF_ERROR(RefuseUnusedFields(model));
  BpeDefinition definition;
  SOTTO_ASSIGN_OR_RETURN(definition.ignore_merges, model.BoolMember("ignore_merges", false));
  SOTTO_ASSIGN_OR_RETURN(definition.byte_fallback, model.BoolMember("byte_fallback", false));
  SOTTO_ASSIGN_OR_RETURN(definition.fuse_unk, model.BoolMember("fuse_unk", false));
  SOTTO_RETURN_IF_ERROR(ParseVocabulary(model, added_tokens, definition));
  SOTTO_RETURN_IF_ERROR(ParseMerges(model, definition));
  SOTTO_RETURN_IF_ERROR(ParseUnknownToken(model, definition));
  return definition;
}

}  // namespace sotto
