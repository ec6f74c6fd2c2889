#include "trusted/tokenizer/byte_alphabet.h"

#include <array>

#include "base/utf8.h"

namespace sotto {
namespace {

constexpr int kAlphabetEnd = 0x144;

constexpr bool StandsForItself(int byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

struct Alphabet {
  std::array<char32_t, 256> character{};
  std::array<int16_t, kAlphabetEnd> byte{};  // -1: not of the alphabet
};

constexpr Alphabet MakeAlphabet() {
  Alphabet a;
  a.byte.fill(-1);
  char32_t next = 0x100;
  for (int b = 0; b < 256; ++b) {
    a.character[b] = StandsForItself(b) ? b : next++;
    a.byte[a.character[b]] = static_cast<int16_t>(b);
  }
  return a;
}

constexpr Alphabet kAlphabet = MakeAlphabet();

}  // namespace

char32_t ByteToAlphabet(uint8_t byte) { return kAlphabet.character[byte]; }

void AppendAlphabet(uint8_t byte, std::string& out) { AppendUtf8(ByteToAlphabet(byte), out); }

std::optional<std::string> AlphabetToBytes(std::string_view token) {
  std::string bytes;
  while (!token.empty()) {
    const Utf8Step step = NextUtf8(token);
    if (step.character >= kAlphabetEnd || kAlphabet.byte[step.character] < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(kAlphabet.byte[step.character]));
    token.remove_prefix(step.length);
  }
  return bytes;
}

}  // namespace sotto
