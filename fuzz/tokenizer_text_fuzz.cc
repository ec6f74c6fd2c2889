// Prompt text: any bytes are refused at the first bad one, or encode to ids that decode to the same
// text. The first byte chooses tokenizer and options.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/utf8.h"
#include "testing/small_tokenizers.h"
#include "trusted/tokenizer/normalizer.h"
#include "trusted/tokenizer/tokenizer.h"

namespace sotto {
namespace {

using nlohmann::json;

Tokenizer Make(const nlohmann::json& file) {
  auto tokenizer = Tokenizer::Parse(file.dump(), "t.json");
  SOTTO_CHECK(tokenizer.ok());
  return *std::move(tokenizer);
}

const Tokenizer& ByteLevel() {
  static const Tokenizer tokenizer = Make(ByteLevelJson());
  return tokenizer;
}

const Tokenizer& SentencePiece() {
  static const Tokenizer tokenizer = Make(SentencePieceJson());
  return tokenizer;
}

json Added(int id, const char* content) {
  return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", false}};
}

json AddedTokens() {
  json taking = Added(6, "<x>"), word = Added(7, "ab"), piece = Added(5, "aa");
  taking["lstrip"] = taking["rstrip"] = true;
  word["single_word"] = word["normalized"] = true;
  piece["special"] = true;
  return {taking, word, piece};
}

// Steps that cut and rewrite text, and a model that scores, and has a special token itself.
const Tokenizer& Unigram() {
  static const Tokenizer tokenizer = Make(
      {{"model",
        {{"type", "Unigram"},
         {"unk_id", 0},
         {"vocab", json::array({json::array({"<unk>", 0.0}), json::array({"a", -1.5}),
                                json::array({"▁ab", -2.0}), json::array({"▁", -1.0}),
                                json::array({"1", -2.0}), json::array({"aa", -0.5})})}}},
       {"added_tokens", AddedTokens()},
       {"normalizer",
        {{"type", "Sequence"}, {"normalizers", {{{"type", "NFKC"}}, {{"type", "Lowercase"}}}}}},
       {"pre_tokenizer",
        {{"type", "Sequence"},
         {"pretokenizers",
          {{{"type", "Digits"}, {"individual_digits", true}},
           {{"type", "Punctuation"}, {"behavior", "MergedWithPrevious"}},
           {{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "first"}}}}}},
       {"decoder", {{"type", "Metaspace"}, {"replacement", "▁"}}}});
  return tokenizer;
}

std::string DecodeInPieces(const Tokenizer& tokenizer, const std::vector<int32_t>& ids) {
  StreamingDecoder stream(tokenizer, {});
  std::string text;
  for (const int32_t id : ids) {
    const auto piece = stream.Next(id);
    SOTTO_CHECK(piece.ok() && IsValidUtf8(*piece));
    text += *piece;
  }
  return text + stream.Finish();
}

void CheckText(uint8_t choice, std::string_view text) {
  const bool byte_level = choice & 1;
  const bool plain = choice & 2;
  const bool unigram = choice & 8;
  const Tokenizer& tokenizer = unigram ? Unigram() : byte_level ? ByteLevel() : SentencePiece();
  const auto ids = tokenizer.Encode(text, {.plain = plain});
  // A few characters are more than 16 times as long in their compatible form.
  SOTTO_CHECK(ids.ok() == IsValidUtf8(text) || (unigram && !ids.ok()));
  if (!ids.ok()) return;
  const std::string decoded = DecodeInPieces(tokenizer, *ids);
  SOTTO_CHECK(decoded == *tokenizer.Decode(*ids, {}));
  // No special token comes of plain text.
  SOTTO_CHECK(!plain || decoded == *tokenizer.Decode(*ids, {.skip_special = true}));
  if (unigram) return;
  if (byte_level) {
    SOTTO_CHECK(decoded == text);
  } else if (plain) {
    // The family spells a space as U+2581, so that one comes back as a space.
    const NormalizerStep spaces{NormalizerStep::Kind::kReplace, "\u2581", " "};
    SOTTO_CHECK(decoded == *Normalize({spaces}, text, text.size()));
  }
}

// The same bytes as ids, in or out of the vocabulary.
void CheckIds(uint8_t choice, std::string_view bytes) {
  const Tokenizer& tokenizer = choice & 1 ? ByteLevel() : SentencePiece();
  std::vector<int32_t> ids;
  for (const char c : bytes) ids.push_back(static_cast<int32_t>(c) + (choice & 2 ? 128 : 136));
  const auto text = tokenizer.Decode(ids, {.skip_special = (choice & 4) != 0});
  SOTTO_CHECK(!text.ok() || IsValidUtf8(*text));
}

}  // namespace
}  // namespace sotto

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  sotto::CheckText(data[0], rest);
  sotto::CheckIds(data[0], rest);
  return 0;
}
