#include "base/terminal_text.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace sotto {
namespace {

struct Range {
  char32_t first, last;
};

// Unicode's controls (Cc), format characters (Cf) and separators of lines (Zl, Zp), as of Unicode
// 15.
constexpr std::array<Range, 22> kUnfit = {{
    {0x00, 0x1f},       {0x7f, 0x9f},       {0xad, 0xad},       {0x600, 0x605},
    {0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},
    {0x8e2, 0x8e2},     {0x180e, 0x180e},   {0x200b, 0x200f},   {0x2028, 0x202e},
    {0x2060, 0x206f},   {0xfeff, 0xfeff},   {0xfff9, 0xfffb},   {0x110bd, 0x110bd},
    {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
    {0xe0001, 0xe0001}, {0xe0020, 0xe007f},
}};

bool IsUnfit(char32_t c) {
  return std::any_of(kUnfit.begin(), kUnfit.end(),
                     [c](const Range& range) { return range.first <= c && c <= range.last; });
}

}  // namespace

std::string TerminalText(std::string_view text) {
  std::string fit;
  fit.reserve(text.size());
  while (!text.empty()) {
    const Utf8Step step = NextUtf8(text);
    const bool blank = text.front() == '\n' || text.front() == '\r' || text.front() == '\t';
    if (blank) {
      fit += ' ';
    } else if (step.kind != Utf8Step::kCharacter || IsUnfit(step.character)) {
      fit += '?';
    } else {
      fit += text.substr(0, step.length);
    }
    text.remove_prefix(step.length);
  }
  return fit;
}

}  // namespace sotto
