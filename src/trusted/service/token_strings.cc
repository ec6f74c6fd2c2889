#include "trusted/service/token_strings.h"

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
  for (std::optional<std::string>& piece : model.TokenTexts(ids.subspan(hidden))) {
    text.offsets.push_back(characters);
    if (!piece.has_value()) continue;
    characters += CharactersIn(*piece);
    text.text += *piece;
    WipeContents(*piece);
  }
  text.offsets.resize(ids.size(), characters);
  return text;
}

}  // namespace sotto
