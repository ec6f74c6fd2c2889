#include "trusted/tokenizer/token_decoder.h"

#include <charconv>
#include <optional>

#include "base/utf8.h"
#include "trusted/tokenizer/byte_alphabet.h"

namespace sotto {
namespace {

// "<0x41>" stands for one byte.
std::optional<char> FallbackByte(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return std::nullopt;
  uint8_t byte = 0;
  const char* end = token.data() + 5;
  const auto result = std::from_chars(token.data() + 3, end, byte, 16);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return static_cast<char>(byte);
}

}  // namespace

absl::StatusOr<DecoderTable> DecoderTable::Create(const std::vector<std::string>& tokens,
                                                  DecoderSteps steps) {
  DecoderTable table(tokens.size(), std::move(steps));
  size_t token_bytes = 0;
  for (const std::string& token : tokens) token_bytes += token.size();
  size_t left = NormalizedLimit(token_bytes);
  for (size_t id = 0; id < tokens.size(); ++id) {
    if (table.steps_.byte_level) {
      table.pieces_.push_back(AlphabetToBytes(tokens[id]).value_or(tokens[id]));
      continue;
    }
    auto piece = Normalize(table.steps_.replacements, tokens[id], left);
    if (!piece.ok()) {
      return absl::InvalidArgumentError(
          "decoder: its Replace steps make the tokens more than 16 times as long");
    }
    left -= piece->size();
    table.pieces_.push_back(*std::move(piece));
    if (const auto byte = FallbackByte(table.pieces_.back())) {
      table.pieces_.back().assign(1, *byte);
      table.is_bytes_[id] = true;
    }
  }
  return table;
}

void TokenDecoder::Next(int32_t id, std::string& out) {
  const std::string& piece = table_.pieces_[id];
  if (table_.steps_.byte_level) {
    pending_.append(piece);
    pending_.erase(0, AppendLossyUtf8(pending_, out));
  } else if (table_.is_bytes_[id]) {
    pending_.append(piece);
  } else {
    FlushFallbackRun(out);
    Emit(piece, out);
  }
}

void TokenDecoder::Finish(std::string& out) {
  if (!table_.steps_.byte_level) {
    FlushFallbackRun(out);
  } else if (!pending_.empty()) {  // An incomplete character.
    out.append(kReplacementCharacter);
  }
  pending_.clear();
  strip_left_ = strip_count_;
}

// A run of byte tokens is text as a whole, or else every byte of it is replaced: the reference's
// ByteFallback decoder.
void TokenDecoder::FlushFallbackRun(std::string& out) {
  if (IsValidUtf8(pending_)) {
    Emit(pending_, out);
  } else {
    for (size_t i = 0; i < pending_.size(); ++i) Emit(kReplacementCharacter, out);
  }
  pending_.clear();
}

void TokenDecoder::Emit(std::string_view text, std::string& out) {
  while (strip_left_ > 0 && !text.empty()) {
    if (text.starts_with(table_.steps_.strip)) {
      text.remove_prefix(table_.steps_.strip.size());
      --strip_left_;
    } else {
      strip_left_ = 0;
    }
  }
  out.append(text);
}

}  // namespace sotto
