// tokenizer.json's `model`: vocabulary, and merges or scores.
#include <cmath>
#include <string>
#include <utility>

#include "base/strings.h"
#include "trusted/tokenizer/tokenizer_json_parts.h"

namespace sotto {
namespace {

namespace dom = simdjson::dom;

// Ids may have holes between them, but not so many that the memory is no longer in proportion to
// the file.
size_t IdLimit(size_t tokens) { return 4 * tokens + (size_t{1} << 16); }

absl::Status ParseVocabulary(const JsonValue& model, BpeDefinition& definition) {
  SOTTO_ASSIGN_OR_RETURN(const JsonValue vocab, model.Member("vocab"));
  SOTTO_ASSIGN_OR_RETURN(const dom::object object, vocab.Object());
  // simdjson's own count saturates at 2^24 - 1.
  size_t count = 0;
  for ([[maybe_unused]] const dom::key_value_pair field : object) ++count;
  if (count > kMaxVocabulary)
    return vocab.Error(StrCat("has more than ", kMaxVocabulary, " tokens"));
  const size_t id_limit = IdLimit(count);
  definition.tokens.reserve(count);
  definition.vocabulary.Reserve(count);
  size_t entry = 0;
  for (const dom::key_value_pair field : object) {
    const auto error = [&](std::string_view what) {
      return vocab.Error(StrCat("entry ", entry, ": ", what));
    };
    uint64_t id = 0;
    if (field.value.get(id) != simdjson::SUCCESS) return error("id must be a whole number");
    if (id >= id_limit) return error(StrCat("id is out of range: not below ", id_limit));
    if (id >= definition.tokens.size()) definition.tokens.resize(id + 1);
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
  const bool first_is_string = count > 0 && array.at(0).is_string();
  for (const dom::element merge : array) {
    const auto error = [&](std::string_view what) {
      return merges.ErrorAt(StrCat("[", rank, "]"), what);
    };
    const MergePair pair = SplitMerge(merge);
    if (merge.is_string() != first_is_string) return error("is of another form than the first");
    if (pair.left.empty() || pair.right.empty()) return error("must be two tokens");
    const auto left = definition.vocabulary.Find(pair.left);
    const auto right = definition.vocabulary.Find(pair.right);
    if (!left || !right) return error(StrCat(left ? "second" : "first", " token is not in vocab"));
    // The reference cuts as many bytes, whatever they are.
    const size_t prefix = definition.continuing_prefix.size();
    if (pair.right.size() < prefix) {
      return error("second token is shorter than continuing_subword_prefix");
    }
    joined.assign(pair.left).append(pair.right.substr(prefix));
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
  definition.unk_missing = !definition.unk_id.has_value();
  return absl::OkStatus();
}

// Merges left out by chance make other ids each time.
absl::Status RefuseDropout(const JsonValue& model) {
  SOTTO_ASSIGN_OR_RETURN(const auto dropout, model.OptionalMember("dropout"));
  if (!dropout.has_value()) return absl::OkStatus();
  SOTTO_ASSIGN_OR_RETURN(const double value, dropout->Number());
  return value == 0 ? absl::OkStatus() : dropout->Unsupported("a value above 0", "0, null");
}

absl::StatusOr<std::string> OptionalText(const JsonValue& model, std::string_view key) {
  SOTTO_ASSIGN_OR_RETURN(const auto member, model.OptionalMember(key));
  if (!member.has_value()) return std::string();
  SOTTO_ASSIGN_OR_RETURN(const std::string_view text, member->String());
  return std::string(text);
}

absl::StatusOr<BpeDefinition> ParseBpe(const JsonValue& model) {
  SOTTO_RETURN_IF_ERROR(RefuseDropout(model));
  BpeDefinition definition;
  SOTTO_ASSIGN_OR_RETURN(definition.ignore_merges, model.OptionalBool("ignore_merges", false));
  SOTTO_ASSIGN_OR_RETURN(definition.byte_fallback, model.OptionalBool("byte_fallback", false));
  SOTTO_ASSIGN_OR_RETURN(definition.fuse_unk, model.OptionalBool("fuse_unk", false));
  SOTTO_ASSIGN_OR_RETURN(definition.continuing_prefix,
                         OptionalText(model, "continuing_subword_prefix"));
  SOTTO_ASSIGN_OR_RETURN(definition.word_suffix, OptionalText(model, "end_of_word_suffix"));
  SOTTO_RETURN_IF_ERROR(ParseVocabulary(model, definition));
  SOTTO_RETURN_IF_ERROR(ParseMerges(model, definition));
  SOTTO_RETURN_IF_ERROR(ParseUnknownToken(model, definition));
  return definition;
}

// An entry of Unigram's vocabulary: ["token", score].
absl::Status AddScoredToken(const JsonValue& vocab, dom::element entry,
                            UnigramDefinition& definition) {
  const size_t id = definition.tokens.size();
  const auto error = [&](std::string_view what) {
    return vocab.ErrorAt(StrCat("[", id, "]"), what);
  };
  dom::array pair;
  std::string_view token;
  double score = 0;
  if (entry.get(pair) != simdjson::SUCCESS || pair.size() != 2 ||
      pair.at(0).get(token) != simdjson::SUCCESS || pair.at(1).get(score) != simdjson::SUCCESS) {
    return error("must be a token and its score");
  }
  if (!std::isfinite(score)) return error("score is not finite");
  if (token.size() > kMaxUnigramTokenBytes) {
    return error(StrCat("token is longer than ", kMaxUnigramTokenBytes, " bytes"));
  }
  definition.tokens.emplace_back(token);
  definition.scores.push_back(score);
  definition.vocabulary.Set(std::string(token), static_cast<int32_t>(id));
  return absl::OkStatus();
}

absl::StatusOr<UnigramDefinition> ParseUnigram(const JsonValue& model) {
  UnigramDefinition definition;
  SOTTO_ASSIGN_OR_RETURN(definition.byte_fallback, model.BoolMember("byte_fallback", false));
  SOTTO_ASSIGN_OR_RETURN(const JsonValue vocab, model.Member("vocab"));
  SOTTO_ASSIGN_OR_RETURN(const dom::array array, vocab.Array());
  for (const dom::element entry : array) {
    if (definition.tokens.size() == kMaxVocabulary) {
      return vocab.Error(StrCat("has more than ", kMaxVocabulary, " tokens"));
    }
    SOTTO_RETURN_IF_ERROR(AddScoredToken(vocab, entry, definition));
  }
  SOTTO_ASSIGN_OR_RETURN(const auto unk, model.OptionalMember("unk_id"));
  if (!unk.has_value()) return definition;
  SOTTO_ASSIGN_OR_RETURN(const int64_t id, unk->Int());
  if (id < 0 || static_cast<size_t>(id) >= definition.tokens.size()) {
    return unk->Error("is not in vocab");
  }
  definition.unk_id = static_cast<int32_t>(id);
  return definition;
}

// Files of old versions have no type.
absl::StatusOr<std::string> ModelType(const JsonValue& model) {
  SOTTO_ASSIGN_OR_RETURN(const auto type, model.MemberOrNull("type"));
  if (type.has_value()) {
    SOTTO_ASSIGN_OR_RETURN(const std::string_view name, type->String());
    return std::string(name);
  }
  SOTTO_ASSIGN_OR_RETURN(const auto merges, model.OptionalMember("merges"));
  if (merges.has_value()) return std::string("BPE");
  SOTTO_ASSIGN_OR_RETURN(const JsonValue vocab, model.Member("vocab"));
  if (vocab.Array().ok()) return std::string("Unigram");
  return model.ErrorAt(".type", "missing");
}

}  // namespace

absl::StatusOr<ModelDefinition> ParseModel(const JsonValue& model) {
  SOTTO_ASSIGN_OR_RETURN(const std::string type, ModelType(model));
  if (type == "BPE") {
    SOTTO_ASSIGN_OR_RETURN(BpeDefinition bpe, ParseBpe(model));
    return ModelDefinition(std::move(bpe));
  }
  if (type == "Unigram") {
    SOTTO_ASSIGN_OR_RETURN(UnigramDefinition unigram, ParseUnigram(model));
    return ModelDefinition(std::move(unigram));
  }
  return model.Unsupported(StrCat("type ", type), "BPE, Unigram");
}

}  // namespace sotto
