// tokenizer.json's `added_tokens`, with the ids that the reference's add_tokens() gives them
// (added_vocabulary.rs): those of equal tokens of the model, or the next free ones.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
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
  if (content.size() > kMaxAddedTokenBytes) {
    return entry.ErrorAt(".content", StrCat("is longer than ", kMaxAddedTokenBytes, " bytes"));
  }
  token.content = content;
  SOTTO_ASSIGN_OR_RETURN(token.special, entry.BoolMember("special"));
  SOTTO_ASSIGN_OR_RETURN(token.lstrip, entry.BoolMember("lstrip"));
  SOTTO_ASSIGN_OR_RETURN(token.rstrip, entry.BoolMember("rstrip"));
  SOTTO_ASSIGN_OR_RETURN(token.normalized, entry.BoolMember("normalized"));
  SOTTO_ASSIGN_OR_RETURN(token.single_word, entry.BoolMember("single_word"));
  return token;
}

// Two are one to the reference if this is equal.
std::string Identity(const AddedToken& token) {
  std::string flags;
  for (const bool flag :
       {token.special, token.lstrip, token.rstrip, token.normalized, token.single_word}) {
    flags.push_back(flag ? '1' : '0');
  }
  return flags + token.content;
}

// As they stand in the file. The reference ignores empty ones, and those that are there already.
absl::StatusOr<std::vector<AddedToken>> ParseEntries(const JsonValue& root) {
  std::vector<AddedToken> tokens;
  SOTTO_ASSIGN_OR_RETURN(const auto list, root.MemberOrNull("added_tokens"));
  if (!list.has_value()) return tokens;
  SOTTO_ASSIGN_OR_RETURN(const auto entries, list->Elements(kMaxAddedTokens));
  absl::flat_hash_set<std::string> seen;
  size_t bytes = 0;
  for (const JsonValue& entry : entries) {
    SOTTO_ASSIGN_OR_RETURN(auto token, ParseAddedToken(entry));
    bytes += token.content.size();
    if (bytes > kMaxAddedBytes) {
      return list->Error(StrCat("contents of more than ", kMaxAddedBytes, " bytes"));
    }
    if (!token.content.empty() && seen.insert(Identity(token)).second) {
      tokens.push_back(std::move(token));
    }
  }
  return tokens;
}

class Registry {
 public:
  Registry(const Vocabulary& model, size_t model_size)
      : model_(model), next_(static_cast<int32_t>(model_size)) {}

  // The token's id, as the reference numbers them: those that the model lacks from the number of
  // its tokens on, though ids of the model's may lie there.
  int32_t IdOf(const std::string& content) {
    const auto known = ids_.find(content);
    if (known != ids_.end()) return known->second;
    const std::optional<int32_t> of_model = model_.Find(content);
    const int32_t id = of_model.has_value() ? *of_model : next_++;
    ids_.emplace(content, id);
    return id;
  }

 private:
  const Vocabulary& model_;
  int32_t next_;
  absl::flat_hash_map<std::string, int32_t> ids_;
};

void PlaceToken(const AddedToken& token, TokenizerDefinition& definition) {
  const auto id = static_cast<size_t>(token.id);
  if (id >= definition.tokens.size()) definition.tokens.resize(id + 1);
  definition.tokens[id] = token.content;
}

}  // namespace

absl::Status ParseAddedTokens(const JsonValue& root, TokenizerDefinition& definition) {
  SOTTO_ASSIGN_OR_RETURN(std::vector<AddedToken> entries, ParseEntries(root));
  definition.tokens = definition.model.tokens();
  Registry registry(definition.model.vocabulary(), definition.model.size());
  absl::flat_hash_map<int32_t, const AddedToken*> last;  // by id: what it does is what it says
  absl::flat_hash_set<absl::string_view> special;
  size_t renumbered = 0;
  for (AddedToken& token : entries) {
    const int32_t id = registry.IdOf(token.content);
    renumbered += token.id != id;
    token.id = id;
    PlaceToken(token, definition);
    last[id] = &token;
    if (token.special) special.insert(ToAbsl(token.content));
  }
  if (renumbered > 0) {
    definition.warnings.push_back(
        StrCat("added_tokens: the file numbers ", renumbered,
               " of them otherwise than Hugging Face's library does, whose ids are used"));
  }
  // In the reference's order: special ones first. Where a token is looked for is said by its entry
  // there, how it takes white space by the last entry of its id.
  absl::flat_hash_set<absl::string_view> listed;
  for (const bool specials : {true, false}) {
    for (const AddedToken& token : entries) {
      if (special.contains(ToAbsl(token.content)) != specials || token.special != specials)
        continue;
      if (specials && !listed.insert(ToAbsl(token.content)).second) continue;
      AddedToken found = *last[token.id];
      found.normalized = token.normalized;
      found.special = specials;
      definition.added_tokens.push_back(std::move(found));
    }
  }
  return absl::OkStatus();
}

}  // namespace sotto
