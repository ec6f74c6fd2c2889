#include "trusted/tokenizer/word_characters.h"

#include <array>
#include <bitset>
#include <cstddef>
#include <mutex>
#include <string>

#include "base/check.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "trusted/tokenizer/split_pattern.h"
#include "trusted/tokenizer/unicode_classes.h"

namespace sotto {
namespace {

class WordTable {
 public:
  WordTable()
      : word_(*SplitPattern::CompilePcre2(StrCat("[", RustWordMembers(), "]"),
                                          SplitPattern::Engine::kInterpreter)) {}

  bool Has(char32_t c) {
    const size_t page = c / kPageSize;
    std::call_once(made_[page], [&] { Make(page); });
    return pages_[page][c % kPageSize];
  }

 private:
  static constexpr size_t kPageSize = 256, kPages = 0x110000 / kPageSize;

  void Make(size_t page) {
    std::string text;
    std::array<size_t, kPageSize> begins{};
    for (size_t i = 0; i < kPageSize; ++i) {
      begins[i] = text.size();
      AppendUtf8(static_cast<char32_t>(page * kPageSize + i), text);
    }
    MatchBudget budget(text.size());
    size_t i = 0;
    const absl::Status matched = word_.EachMatch(text, budget, [&](PatternMatch match) {
      const auto begin = static_cast<size_t>(match.text.data() - text.data());
      while (begins[i] < begin) ++i;
      pages_[page][i] = match.matched;
      return absl::OkStatus();
    });
    SOTTO_CHECK(matched.ok());
  }

  const SplitPattern word_;
  std::array<std::once_flag, kPages> made_;
  std::array<std::bitset<kPageSize>, kPages> pages_;
};

}  // namespace

bool IsRustWord(char32_t c) {
  static WordTable& table = *new WordTable;
  return table.Has(c);
}

}  // namespace sotto
