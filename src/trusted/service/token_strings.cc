#include "trusted/service/token_strings.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/strings.h"
#include "base/utf8.h"

namespace sotto {
namespace {

SecretString HexOfBytes(std::string_view bytes) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  SecretString text = "bytes:";
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    text += "\\x";
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 15];
  }
  return text;
}

size_t CharactersIn(std::string_view text) {
  size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(NextUtf8(text).length);
  return count;
}

// Of the characters that a token's text begins with, those that stand for what was incomplete
// before it: U+FFFD each. `last`: what is incomplete at its own end is told in its own text.
size_t OfTokensBefore(std::string_view text, std::string_view bytes, bool last) {
  constexpr std::string_view kReplaced = kReplacementCharacter;
  const bool continues = bytes.empty() || (static_cast<uint8_t>(bytes[0]) & 0xc0) == 0x80;
  if (continues) return 0;
  size_t count = 0, own = 0;
  for (; text.starts_with(kReplaced); ++count) text.remove_prefix(kReplaced.size());
  for (; bytes.starts_with(kReplaced); ++own) bytes.remove_prefix(kReplaced.size());
  const bool ends_incomplete = !bytes.empty() && NextUtf8(bytes).kind == Utf8Step::kIncomplete;
  if (last && ends_incomplete) ++own;
  return count - std::min(count, own);
}

}  // namespace

SecretString TokenIdName(int32_t id) { return SecretString(StrCat("token_id:", id)); }

SecretString TokenName(const Model& model, int32_t id, TokenNames names) {
  if (names == TokenNames::kIds) return TokenIdName(id);
  const std::optional<std::string> bytes = model.TokenBytes(id);
  if (!bytes.has_value()) return TokenIdName(id);
  return IsValidUtf8(*bytes) ? SecretString(*bytes) : HexOfBytes(*bytes);
}

TokenizedText TextOf(const Model& model, std::span<const int32_t> ids, size_t hidden) {
  TokenizedText text{.text = {}, .offsets = std::vector<size_t>(hidden, 0)};
  size_t characters = 0;
  std::vector<std::optional<std::string>> pieces = model.TokenTexts(ids.subspan(hidden));
  size_t last = pieces.size();  // Of those that have a text.
  while (last > 0 && !pieces[last - 1].has_value()) --last;
  for (size_t i = 0; i < pieces.size(); ++i) {
    std::optional<std::string>& piece = pieces[i];
    const std::string bytes = model.TokenBytes(ids[hidden + i]).value_or("");
    text.offsets.push_back(characters + OfTokensBefore(piece.value_or(""), bytes, i + 1 == last));
    if (!piece.has_value()) continue;
    characters += CharactersIn(*piece);
    text.text += *piece;
    WipeContents(*piece);
  }
  text.offsets.resize(ids.size(), characters);
  return text;
}

}  // namespace sotto
