#include "trusted/tokenizer/token_decoder.h"

#include <algorithm>

#include "base/utf8.h"
#include "trusted/tokenizer/byte_alphabet.h"

namespace sotto {

DecoderTable::DecoderTable(size_t tokens, DecoderSteps steps)
    : steps_(std::move(steps)),
      tokenwise_(std::all_of(steps_.chain.begin(), steps_.chain.end(), IsTokenwise)),
      is_bytes_(tokens, steps_.byte_level) {
  pieces_.reserve(tokens);
}

absl::StatusOr<DecoderTable> DecoderTable::Create(const std::vector<std::string>& tokens,
                                                  DecoderSteps steps) {
  DecoderTable table(tokens.size(), std::move(steps));
  if (table.steps_.chain.empty()) {
    SOTTO_RETURN_IF_ERROR(table.AddPieces(tokens));
  } else {
    table.pieces_ = tokens;
  }
  return table;
}

absl::Status DecoderTable::AddPieces(const std::vector<std::string>& tokens) {
  size_t token_bytes = 0;
  for (const std::string& token : tokens) token_bytes += token.size();
  size_t left = NormalizedLimit(token_bytes);
  for (size_t id = 0; id < tokens.size(); ++id) {
    if (steps_.byte_level) {
      pieces_.push_back(AlphabetToBytes(tokens[id]).value_or(tokens[id]));
      continue;
    }
    auto piece = Normalize(steps_.replacements, tokens[id], left);
    if (!piece.ok()) {
      return absl::InvalidArgumentError(
          "decoder: its Replace steps make the tokens more than 16 times as long");
    }
    left -= piece->size();
    pieces_.push_back(*std::move(piece));
    if (const int byte = FallbackByteOf(pieces_.back()); byte >= 0) {
      pieces_.back().assign(1, static_cast<char>(byte));
      is_bytes_[id] = true;
    }
  }
  return absl::OkStatus();
}

// What a chain makes of a token is certain at once, or else only when all tokens are there.
void TokenDecoder::NextOfChain(const std::string& piece, std::string& out) {
  if (piece.empty()) return;  // An id without a token.
  if (table_.tokenwise_) {
    out += RunDecoderChain(table_.steps_.chain, {piece}, first_);
    first_ = false;
  } else {
    waiting_.push_back(piece);
  }
}

void TokenDecoder::Next(int32_t id, std::string& out) {
  const std::string& piece = table_.pieces_[id];
  if (!table_.steps_.chain.empty()) {
    NextOfChain(piece, out);
  } else if (table_.steps_.byte_level) {
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
  if (!table_.steps_.chain.empty()) {
    if (!waiting_.empty()) {
      out += RunDecoderChain(table_.steps_.chain, std::move(waiting_), begin_ == Begin::kText);
    }
    waiting_.clear();
    first_ = begin_ == Begin::kText;
  } else if (!table_.steps_.byte_level) {
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
  Emit(FallbackText(pending_), out);
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
