#include "trusted/tokenizer/bpe_model.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include "base/utf8.h"
#include "trusted/tokenizer/byte_alphabet.h"

namespace sotto {
namespace {

using ByteIds = std::array<int32_t, 256>;

std::string ByteToken(int byte) {
  char name[8];
  std::snprintf(name, sizeof(name), "<0x%02X>", byte);
  return name;
}

// Bytes that no valid UTF-8 holds.
bool NeverInUtf8(int byte) { return byte == 0xc0 || byte == 0xc1 || byte >= 0xf5; }

// The tokens under the bytes they spell. Tokens with other characters can match no word.
Vocabulary SpeltOut(const std::vector<std::string>& tokens) {
  Vocabulary words;
  words.Reserve(tokens.size());
  for (size_t id = 0; id < tokens.size(); ++id) {
    if (tokens[id].empty()) continue;
    if (auto bytes = AlphabetToBytes(tokens[id])) {
      words.Add(*std::move(bytes), static_cast<int32_t>(id));
    }
  }
  return words;
}

absl::StatusOr<ByteIds> SingleByteIds(const Vocabulary& words) {
  ByteIds ids{};
  for (int b = 0; b < 256; ++b) {
    const auto id = words.Find(std::string(1, static_cast<char>(b)));
    if (!id.has_value() && !NeverInUtf8(b)) {
      return absl::InvalidArgumentError(StrCat("model.vocab: no token for byte ", ByteToken(b)));
    }
    ids[b] = id.value_or(0);
  }
  return ids;
}

absl::StatusOr<ByteIds> FallbackIds(const Vocabulary& words) {
  ByteIds ids{};
  for (int b = 0; b < 256; ++b) {
    const auto id = words.Find(ByteToken(b));
    if (!id.has_value()) {
      return absl::InvalidArgumentError(
          StrCat("model.vocab: byte_fallback without a token ", ByteToken(b)));
    }
    ids[b] = *id;
  }
  return ids;
}

// SentencePiece's space.
constexpr std::string_view kSpace = "\xe2\x96\x81";

// Spaces and what follows them, up to the next space.
size_t FirstWordLength(std::string_view text) {
  size_t i = 0;
  while (text.substr(i).starts_with(kSpace)) i += kSpace.size();
  return std::min(text.find(kSpace, i), text.size());
}

// Whether text may be cut before each space that follows something else, without changing an id:
// no token, so no join, reaches over such a place. Short words keep the merger in the cache, which
// makes it several times faster.
bool CanCutBeforeSpace(const BpeDefinition& definition) {
  return !definition.ignore_merges && definition.vocabulary.Find(kSpace).has_value() &&
         std::all_of(definition.tokens.begin(), definition.tokens.end(),
                     [](const std::string& t) { return FirstWordLength(t) == t.size(); });
}

}  // namespace

absl::StatusOr<BpeModel> BpeModel::Create(BpeDefinition definition, Family family) {
  BpeModel model;
  model.family_ = family;
  model.merges_ = std::move(definition.merges);
  model.ignore_merges_ = definition.ignore_merges;
  model.byte_fallback_ = definition.byte_fallback;
  model.fuse_unk_ = definition.fuse_unk;
  if (family == Family::kByteLevel) {
    model.words_ = SpeltOut(definition.tokens);
    SOTTO_ASSIGN_OR_RETURN(model.byte_ids_, SingleByteIds(model.words_));
    return model;
  }
  model.cut_before_space_ = CanCutBeforeSpace(definition);
  model.words_ = std::move(definition.vocabulary);
  if (definition.byte_fallback) {
    SOTTO_ASSIGN_OR_RETURN(model.byte_ids_, FallbackIds(model.words_));
  } else if (!definition.unk_id.has_value()) {
    return absl::InvalidArgumentError(
        "model.unk_token: needed where neither byte_fallback nor ByteLevel covers every character");
  }
  model.unk_id_ = definition.unk_id.value_or(0);
  return model;
}

void WordEncoder::Encode(std::string_view word, std::vector<int32_t>& ids) {
  if (model_.ignore_merges_) {
    if (const auto id = model_.words_.Find(word)) return ids.push_back(*id);
  }
  if (model_.family_ == BpeModel::Family::kCharacters) return EncodeCharacters(word, ids);
  for (const char c : word) merger_.Push(model_.byte_ids_[static_cast<uint8_t>(c)]);
  merger_.Finish(ids);
}

void WordEncoder::EncodeCharacters(std::string_view text, std::vector<int32_t>& ids) {
  while (!text.empty()) {
    const size_t length = model_.cut_before_space_ ? FirstWordLength(text) : text.size();
    PushCharacters(text.substr(0, length));
    merger_.Finish(ids);
    text.remove_prefix(length);
  }
}

void WordEncoder::PushCharacters(std::string_view word) {
  bool after_unknown = false;
  while (!word.empty()) {
    const std::string_view character = word.substr(0, NextUtf8(word).length);
    word.remove_prefix(character.size());
    const auto id = model_.words_.Find(character);
    if (id.has_value()) {
      merger_.Push(*id);
    } else if (model_.byte_fallback_) {
      for (const char c : character) merger_.Push(model_.byte_ids_[static_cast<uint8_t>(c)]);
    } else if (!after_unknown || !model_.fuse_unk_) {
      merger_.Push(model_.unk_id_);
    }
    after_unknown = !id.has_value();
  }
}

}  // namespace sotto
