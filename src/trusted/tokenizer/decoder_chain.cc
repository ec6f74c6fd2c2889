#include "trusted/tokenizer/decoder_chain.h"

#include <charconv>
#include <cstdint>
#include <utility>

#include "base/utf8.h"
#include "trusted/tokenizer/byte_alphabet.h"

namespace sotto {
namespace {

using Tokens = std::vector<std::string>;

size_t TotalBytes(const Tokens& tokens) {
  size_t bytes = 0;
  for (const std::string& token : tokens) bytes += token.size();
  return bytes;
}

Tokens Replaced(const DecoderStep& step, Tokens tokens) {
  size_t left = NormalizedLimit(TotalBytes(tokens));
  Tokens out;
  for (const std::string& token : tokens) {
    auto text = Normalize({step.replace}, token, left);
    if (!text.ok()) return tokens;
    left -= text->size();
    out.push_back(*std::move(text));
  }
  return out;
}

Tokens WithoutFallback(const Tokens& tokens) {
  Tokens out;
  std::string run;
  const auto flush = [&] {
    if (!run.empty()) out.push_back(FallbackText(run));
    run.clear();
  };
  for (const std::string& token : tokens) {
    if (const int byte = FallbackByteOf(token); byte >= 0) {
      run.push_back(static_cast<char>(byte));
      continue;
    }
    flush();
    out.push_back(token);
  }
  flush();
  return out;
}

std::string Joined(const Tokens& tokens) {
  std::string text;
  for (const std::string& token : tokens) text += token;
  return text;
}

std::string ByteLevelText(const Tokens& tokens) {
  std::string bytes, text;
  for (const std::string& token : tokens) bytes += AlphabetToBytes(token).value_or(token);
  const size_t used = AppendLossyUtf8(bytes, text);
  if (used < bytes.size()) text += kReplacementCharacter;
  return text;
}

void StripToken(const DecoderStep& step, std::string& token) {
  std::string_view text = token;
  for (size_t i = 0; i < step.start && text.starts_with(step.character); ++i) {
    text.remove_prefix(step.character.size());
  }
  for (size_t i = 0; i < step.stop && text.ends_with(step.character); ++i) {
    text.remove_suffix(step.character.size());
  }
  token = std::string(text);
}

void SpaceToken(const DecoderStep& step, bool first, std::string& token) {
  const NormalizerStep spaces{.kind = NormalizerStep::Kind::kReplace,
                              .pattern = step.character,
                              .content = first && step.drop_first ? "" : " "};
  token = Normalize({spaces}, token, token.size()).value_or(token);
}

Tokens RunDecoderStep(const DecoderStep& step, Tokens tokens, bool first) {
  switch (step.kind) {
    case DecoderStep::Kind::kReplace:
      return Replaced(step, std::move(tokens));
    case DecoderStep::Kind::kByteFallback:
      return WithoutFallback(tokens);
    case DecoderStep::Kind::kFuse:
      return {Joined(tokens)};
    case DecoderStep::Kind::kByteLevel:
      return {ByteLevelText(tokens)};
    case DecoderStep::Kind::kStrip:
      for (std::string& token : tokens) StripToken(step, token);
      return tokens;
    case DecoderStep::Kind::kMetaspace:
      for (size_t i = 0; i < tokens.size(); ++i) SpaceToken(step, first && i == 0, tokens[i]);
      return tokens;
    case DecoderStep::Kind::kJoin:
      for (size_t i = first ? 1 : 0; i < tokens.size(); ++i) tokens[i].insert(0, " ");
      return tokens;
  }
  return tokens;
}

}  // namespace

bool IsTokenwise(const DecoderStep& step) {
  return step.kind == DecoderStep::Kind::kReplace || step.kind == DecoderStep::Kind::kStrip ||
         step.kind == DecoderStep::Kind::kMetaspace || step.kind == DecoderStep::Kind::kJoin;
}

std::string RunDecoderChain(const std::vector<DecoderStep>& chain, std::vector<std::string> tokens,
                            bool first) {
  for (const DecoderStep& step : chain) tokens = RunDecoderStep(step, std::move(tokens), first);
  return Joined(tokens);
}

int FallbackByteOf(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return -1;
  uint8_t byte = 0;
  const char* end = token.data() + 5;
  const auto result = std::from_chars(token.data() + 3, end, byte, 16);
  if (result.ec != std::errc() || result.ptr != end) return -1;
  return byte;
}

std::string FallbackText(std::string_view bytes) {
  if (IsValidUtf8(bytes)) return std::string(bytes);
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) text += kReplacementCharacter;
  return text;
}

}  // namespace sotto
