#include "base/utf8.h"

#include <cstdint>
#include <cstring>

namespace sotto {
namespace {

struct LeadByte {
  int length = 0;  // 0: not the first byte of any character
  uint8_t second_min = 0x80, second_max = 0xbf;
};

LeadByte Classify(uint8_t b) {
  if (b < 0x80) return {1};
  if (b < 0xc2) return {};
  if (b < 0xe0) return {2};
  if (b == 0xe0) return {3, 0xa0};
  if (b == 0xed) return {3, 0x80, 0x9f};
  if (b < 0xf0) return {3};
  if (b == 0xf0) return {4, 0x90};
  if (b == 0xf4) return {4, 0x80, 0x8f};
  if (b < 0xf5) return {4};
  return {};
}

// How many leading bytes of `text` are ASCII, counted eight at a time.
size_t AsciiPrefix(std::string_view text) {
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    if (word & 0x8080808080808080u) break;
  }
  while (i < text.size() && static_cast<uint8_t>(text[i]) < 0x80) ++i;
  return i;
}

}  // namespace

Utf8Step NextUtf8(std::string_view bytes) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  const LeadByte lead = Classify(byte(0));
  if (lead.length == 0) return {Utf8Step::kInvalid, 1, 0};
  if (lead.length == 1) return {Utf8Step::kCharacter, 1, byte(0)};
  char32_t c = byte(0) & (0x7fu >> lead.length);
  for (size_t i = 1; i < static_cast<size_t>(lead.length); ++i) {
    if (i == bytes.size()) return {Utf8Step::kIncomplete, i, 0};
    const uint8_t min = i == 1 ? lead.second_min : 0x80, max = i == 1 ? lead.second_max : 0xbf;
    if (byte(i) < min || byte(i) > max) return {Utf8Step::kInvalid, i, 0};
    c = c << 6 | (byte(i) & 0x3fu);
  }
  return {Utf8Step::kCharacter, static_cast<size_t>(lead.length), c};
}

size_t ValidUtf8Prefix(std::string_view text) {
  size_t i = AsciiPrefix(text);
  while (i < text.size()) {
    const Utf8Step step = NextUtf8(text.substr(i));
    if (step.kind != Utf8Step::kCharacter) break;
    i += step.length;
    if (step.length == 1) i += AsciiPrefix(text.substr(i));
  }
  return i;
}

size_t AppendLossyUtf8(std::string_view bytes, std::string& out) {
  size_t i = 0;
  while (i < bytes.size()) {
    const size_t valid = ValidUtf8Prefix(bytes.substr(i));
    out.append(bytes.substr(i, valid));
    i += valid;
    if (i == bytes.size()) break;
    const Utf8Step step = NextUtf8(bytes.substr(i));
    if (step.kind == Utf8Step::kIncomplete) break;
    out.append(kReplacementCharacter);
    i += step.length;
  }
  return i;
}

void AppendUtf8(char32_t c, std::string& out) {
  const auto put = [&](uint32_t b) { out.push_back(static_cast<char>(b)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xc0 | c >> 6);
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
  }
  put(0x80 | (c & 0x3f));
}

}  // namespace sotto
