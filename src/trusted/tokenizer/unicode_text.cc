#include "trusted/tokenizer/unicode_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "base/utf8.h"

namespace sotto {
namespace {

struct CharacterRange {
  char32_t first, last;
};

// What has had a decomposition or a combining class only since Unicode 10, as of utf8proc's
// Unicode 15, in order. Others are as they were.
constexpr CharacterRange kLater[] = {
    {0x7fd, 0x7fd},     {0x898, 0x89f},     {0x8ca, 0x8d3},     {0x9fe, 0x9fe},
    {0xc3c, 0xc3c},     {0xd3b, 0xd3c},     {0xeba, 0xeba},     {0x1715, 0x1715},
    {0x1abf, 0x1ace},   {0x1df6, 0x1dfa},   {0x32ff, 0x32ff},   {0xa7f2, 0xa7f4},
    {0xa82c, 0xa82c},   {0xab69, 0xab69},   {0x10781, 0x107ba}, {0x10d24, 0x10d27},
    {0x10eab, 0x10eac}, {0x10efd, 0x10eff}, {0x10f46, 0x10f50}, {0x10f82, 0x10f85},
    {0x11070, 0x11070}, {0x1133b, 0x1133b}, {0x1145e, 0x1145e}, {0x11839, 0x1183a},
    {0x11930, 0x11930}, {0x11935, 0x11935}, {0x11938, 0x11938}, {0x1193d, 0x1193e},
    {0x11943, 0x11943}, {0x119e0, 0x119e0}, {0x11a34, 0x11a34}, {0x11a47, 0x11a47},
    {0x11a99, 0x11a99}, {0x11d42, 0x11d42}, {0x11d44, 0x11d45}, {0x11d97, 0x11d97},
    {0x11f41, 0x11f42}, {0x16ff0, 0x16ff1}, {0x1e030, 0x1e06d}, {0x1e08f, 0x1e08f},
    {0x1e130, 0x1e136}, {0x1e2ae, 0x1e2ae}, {0x1e2ec, 0x1e2ef}, {0x1e4ec, 0x1e4ef},
    {0x1f16c, 0x1f16c}, {0x1fbf0, 0x1fbf9},
};

bool IsLater(char32_t c) {
  const auto* range = std::lower_bound(
      std::begin(kLater), std::end(kLater), c,
      [](const CharacterRange& r, char32_t character) { return r.last < character; });
  return range != std::end(kLater) && range->first <= c;
}

bool IsAscii(char c) { return static_cast<uint8_t>(c) < 0x80; }

utf8proc_int32_t CombiningClass(utf8proc_int32_t c) {
  return utf8proc_get_property(c)->combining_class;
}

// One text. utf8proc's own ordering of marks is quadratic in their number, so it is done here.
class FormWriter {
 public:
  FormWriter(NormalForm form, std::string& out)
      : compose_(form == NormalForm::kNfc || form == NormalForm::kNfkc), out_(out) {
    int options = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE;
    if (form == NormalForm::kNfkc || form == NormalForm::kNfkd) options |= UTF8PROC_COMPAT;
    decompose_options_ = static_cast<utf8proc_option_t>(options);
  }

  // Of a stretch that neither combines with what stands around it.
  void Write(std::string_view text) {
    while (!text.empty()) {
      const Utf8Step step = NextUtf8(text);
      if (IsLater(step.character)) {
        Flush();
        AppendUtf8(step.character, out_);
      } else {
        Decompose(static_cast<utf8proc_int32_t>(step.character));
      }
      text.remove_prefix(step.length);
    }
    Flush();
  }

 private:
  void Decompose(utf8proc_int32_t c) {
    utf8proc_int32_t parts[32];  // U+FDFA has the most: 18.
    int boundary = 0;
    const utf8proc_ssize_t count =
        utf8proc_decompose_char(c, parts, std::size(parts), decompose_options_, &boundary);
    SOTTO_CHECK(count > 0 && count <= static_cast<utf8proc_ssize_t>(std::size(parts)));
    characters_.insert(characters_.end(), parts, parts + count);
  }

  void Flush() {
    Order();
    auto count = static_cast<utf8proc_ssize_t>(characters_.size());
    if (compose_) {
      count = utf8proc_normalize_utf32(
          characters_.data(), count,
          static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
      SOTTO_CHECK(count >= 0);
    }
    for (utf8proc_ssize_t i = 0; i < count; ++i) {
      AppendUtf8(static_cast<char32_t>(characters_[static_cast<size_t>(i)]), out_);
    }
    characters_.clear();
  }

  // Each run of marks by class, those of one class as they stood.
  void Order() {
    for (auto begin = characters_.begin(); begin != characters_.end();) {
      if (CombiningClass(*begin) == 0) {
        ++begin;
        continue;
      }
      const auto end = std::find_if(begin, characters_.end(),
                                    [](utf8proc_int32_t c) { return CombiningClass(c) == 0; });
      std::stable_sort(begin, end, [](utf8proc_int32_t a, utf8proc_int32_t b) {
        return CombiningClass(a) < CombiningClass(b);
      });
      begin = end;
    }
  }

  const bool compose_;
  std::string& out_;
  utf8proc_option_t decompose_options_;
  std::vector<utf8proc_int32_t> characters_;
};

// What Unicode 16 and 17 added to utf8proc's mapping, and the one that makes two characters.
void AppendLowercase(char32_t c, std::string& out) {
  if (c == 0x130) return AppendUtf8('i', out), AppendUtf8(0x307, out);
  if (c >= 0x10d50 && c <= 0x10d65) return AppendUtf8(c + 0x20, out);
  if (c >= 0x16ea0 && c <= 0x16eb8) return AppendUtf8(c + 0x1b, out);
  if (c == 0x1c89 || c == 0xa7cc || c == 0xa7ce || c == 0xa7d2 || c == 0xa7d4 || c == 0xa7da) {
    return AppendUtf8(c + 1, out);
  }
  if (c == 0xa7cb) return AppendUtf8(0x264, out);
  if (c == 0xa7dc) return AppendUtf8(0x19b, out);
  AppendUtf8(static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))), out);
}

}  // namespace

std::string NormalizedForm(std::string_view text, NormalForm form) {
  std::string out;
  out.reserve(text.size());
  FormWriter writer(form, out);
  while (!text.empty()) {
    // ASCII stays; its last character may combine with what follows, none with what precedes.
    const auto* other = std::find_if_not(text.begin(), text.end(), IsAscii);
    const auto ascii = static_cast<size_t>(other - text.begin());
    const size_t begin = other == text.end() || ascii == 0 ? ascii : ascii - 1;
    out.append(text.substr(0, begin));
    const auto* end = std::find_if(other, text.end(), IsAscii);
    writer.Write(text.substr(begin, static_cast<size_t>(end - text.begin()) - begin));
    text.remove_prefix(static_cast<size_t>(end - text.begin()));
  }
  return out;
}

std::string LowercaseText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Utf8Step step = NextUtf8(text);
    AppendLowercase(step.character, out);
    text.remove_prefix(step.length);
  }
  return out;
}

}  // namespace sotto
