#include "trusted/tokenizer/bpe_model.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/utf8.h"
#include "trusted/tokenizer/byte_alphabet.h"
#include "trusted/tokenizer/word_merger.h"

namespace sotto {
namespace {

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

ByteIds SingleByteIds(const Vocabulary& words) {
  ByteIds ids{};
  for (int b = 0; b < 256; ++b) {
    ids[b] = words.Find(std::string(1, static_cast<char>(b))).value_or(kNoToken);
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

bool DropsCharacters(const BpeDefinition& definition) {
  if (definition.unk_id.has_value() || definition.unk_missing) return false;
  return !definition.byte_fallback ||
         std::ranges::count(FallbackIds(definition.vocabulary), kNoToken) > 0;
}

// Whether text may be cut before each space that follows something else, without changing an id:
// no token, so no join, reaches over such a place; the space itself is a token, so that no run of
// unknown characters does; and none is dropped, whose neighbours would join. Short words keep the
// merger in the cache, which makes it several times faster.
bool CanCutBeforeSpace(const BpeDefinition& definition) {
  return !definition.ignore_merges && definition.continuing_prefix.empty() &&
         definition.word_suffix.empty() && !DropsCharacters(definition) &&
         definition.vocabulary.Find(kSpace).has_value() &&
         std::all_of(definition.tokens.begin(), definition.tokens.end(),
                     [](const std::string& t) { return FirstWordLength(t) == t.size(); });
}

}  // namespace

class BpeEncoder : public WordEncoder {
 public:
  BpeEncoder(const BpeModel& model, const BarredTokens& barred)
      : model_(model), barred_(barred), merger_(model.merges_, barred) {}

  absl::Status Encode(std::string_view word, std::vector<int32_t>& ids) override {
    if (model_.ignore_merges_) {
      const auto id = model_.words_.Find(word);
      if (id.has_value() && !barred_.Has(*id)) {
        ids.push_back(*id);
        return absl::OkStatus();
      }
    }
    if (model_.family_ == BpeModel::Family::kByteLevel) {
      PushBytes(word);
      merger_.Finish(ids);
      return Outcome();
    }
    while (!word.empty()) {
      const size_t length = model_.cut_before_space_ ? FirstWordLength(word) : word.size();
      PushCharacters(word.substr(0, length));
      merger_.Finish(ids);
      word.remove_prefix(length);
    }
    return Outcome();
  }

 private:
  enum class Failure { kNone, kUnknown, kBarred };

  absl::Status Outcome() {
    const Failure failure = std::exchange(failure_, Failure::kNone);
    if (failure == Failure::kNone) return absl::OkStatus();
    if (failure == Failure::kBarred) return OnlyBarredTokens();
    return absl::InvalidArgumentError(
        "the text has a character that the tokenizer's model lacks, and model.unk_token is not in "
        "its vocabulary");
  }

  void PushBytes(std::string_view word) {
    for (const char c : word) {
      const int32_t id = model_.byte_ids_[static_cast<uint8_t>(c)];
      if (barred_.Has(id)) {
        failure_ = Failure::kBarred;
      } else {
        id == kNoToken ? PushUnknown() : PushKnown(id);
      }
    }
    PushWaiting();
  }

  void PushCharacters(std::string_view word) {
    bool first = true;
    while (!word.empty()) {
      const std::string_view character = word.substr(0, NextUtf8(word).length);
      word.remove_prefix(character.size());
      PushCharacter(Affixed(character, first, word.empty()));
      first = false;
    }
    PushWaiting();
  }

  std::string_view Affixed(std::string_view character, bool first, bool last) {
    const bool prefix = !first && !model_.continuing_prefix_.empty();
    const bool suffix = last && !model_.word_suffix_.empty();
    if (!prefix && !suffix) return character;
    affixed_.clear();
    if (prefix) affixed_.append(model_.continuing_prefix_);
    affixed_.append(character);
    if (suffix) affixed_.append(model_.word_suffix_);
    return affixed_;
  }

  void PushCharacter(std::string_view character) {
    const auto id = model_.words_.Find(character);
    bool barred = id.has_value() && barred_.Has(*id);
    if (id.has_value() && !barred) return PushKnown(*id);
    bytes_.clear();
    if (model_.byte_fallback_ && AppendByteTokens(model_.byte_ids_, character, bytes_)) {
      const bool barred_byte =
          std::ranges::any_of(bytes_, [&](int32_t b) { return barred_.Has(b); });
      if (!barred_byte) {
        for (const int32_t byte : bytes_) merger_.Push(byte);
        return;
      }
      barred = true;
    }
    if (!barred) return PushUnknown();
    failure_ = Failure::kBarred;
  }

  // As in the reference, an unk_token waits for the next known character: it may fuse until then,
  // and bytes of byte_fallback overtake it.
  void PushUnknown() {
    if (model_.unk_missing_) failure_ = Failure::kUnknown;
    if (!model_.unk_id_.has_value()) return;  // Dropped.
    if (barred_.unknown) failure_ = Failure::kBarred;
    if (waiting_ && !model_.fuse_unk_) merger_.Push(*model_.unk_id_);
    waiting_ = true;
  }

  void PushWaiting() {
    if (waiting_) merger_.Push(*model_.unk_id_);
    waiting_ = false;
  }

  void PushKnown(int32_t id) {
    PushWaiting();
    merger_.Push(id);
  }

  const BpeModel& model_;
  const BarredTokens& barred_;
  WordMerger merger_;
  bool waiting_ = false;
  Failure failure_ = Failure::kNone;
  std::string affixed_;
  std::vector<int32_t> bytes_;
};

bool BpeModel::HasByteLevelForm(const BpeDefinition& definition) {
  return !definition.byte_fallback && definition.continuing_prefix.empty() &&
         definition.word_suffix.empty();
}

BpeModel::BpeModel(BpeDefinition definition, Family family)
    : family_(family),
      merges_(std::move(definition.merges)),
      ignore_merges_(definition.ignore_merges),
      byte_fallback_(definition.byte_fallback),
      fuse_unk_(definition.fuse_unk),
      unk_id_(definition.unk_id),
      unk_missing_(definition.unk_missing) {
  if (family == Family::kByteLevel) {
    SOTTO_CHECK(HasByteLevelForm(definition));
    words_ = SpeltOut(definition.tokens);
    byte_ids_ = SingleByteIds(words_);
    return;
  }
  cut_before_space_ = CanCutBeforeSpace(definition);
  words_ = std::move(definition.vocabulary);
  byte_ids_ = FallbackIds(words_);
  continuing_prefix_ = std::move(definition.continuing_prefix);
  word_suffix_ = std::move(definition.word_suffix);
}

std::unique_ptr<WordEncoder> BpeModel::NewEncoder(const BarredTokens& barred) const {
  return std::make_unique<BpeEncoder>(*this, barred);
}

}  // namespace sotto
