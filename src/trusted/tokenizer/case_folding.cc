#include "trusted/tokenizer/case_folding.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "trusted/tokenizer/split_pattern.h"

namespace sotto {
namespace {

// Where characters are that fold; there are far more elsewhere.
constexpr std::pair<char32_t, char32_t> kCased[] = {
    {0, 0x5ff},         {0x10a0, 0x1fff},   {0x2100, 0x24ff},   {0x2c00, 0x2dff},
    {0xa600, 0xabff},   {0xfb00, 0xfbff},   {0xff00, 0xffff},   {0x10400, 0x10dff},
    {0x11800, 0x118ff}, {0x16e00, 0x16eff}, {0x1e900, 0x1e9ff},
};
constexpr size_t kMostFolded = 3;

// Of what utf8proc, which knows Unicode 15, does not fold.
char32_t LaterFolding(char32_t c) {
  if (c >= 0x10d50 && c <= 0x10d65) return c + 0x20;
  if (c == 0x1c89 || c == 0xa7cc || c == 0xa7da) return c + 1;
  if (c == 0xa7cb) return 0x264;
  if (c == 0xa7dc) return 0x19b;
  return c;
}

std::u32string FoldingOf(char32_t c) {
  if (c > std::rbegin(kCased)->second) return {c};
  if (const char32_t later = LaterFolding(c); later != c) return {later};
  utf8proc_int32_t parts[kMostFolded];
  int boundary = 0;
  const utf8proc_ssize_t count = utf8proc_decompose_char(
      static_cast<utf8proc_int32_t>(c), parts, std::size(parts),
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_CASEFOLD), &boundary);
  SOTTO_CHECK(count > 0 && count <= static_cast<utf8proc_ssize_t>(std::size(parts)));
  return {parts, parts + count};
}

std::string HexSpelling(char32_t c) {
  char out[16];
  snprintf(out, sizeof(out), "\\x{%x}", static_cast<unsigned>(c));
  return out;
}

std::string Bracketed(const std::vector<char32_t>& characters) {
  std::string out = "[";
  for (const char32_t c : characters) out += HexSpelling(c);
  return out + "]";
}

class Foldings {
 public:
  static const Foldings& Get() {
    static const Foldings& foldings = *new Foldings;
    return foldings;
  }

  // All that have to do with case, in order.
  const std::vector<char32_t>& characters() const { return characters_; }
  // What folds to each, the single character that is its own folding among them.
  const std::map<std::u32string, std::vector<char32_t>, std::less<>>& classes() const {
    return classes_;
  }

  size_t IndexOf(char32_t c) const {
    return std::lower_bound(characters_.begin(), characters_.end(), c) - characters_.begin();
  }

  // All that equal a folding; nullptr: none but itself.
  const std::vector<char32_t>* ClassOf(std::u32string_view folding) const {
    const auto found = classes_.find(folding);
    return found == classes_.end() ? nullptr : &found->second;
  }

  // An expression for the characters of a folding, and for what equals each.
  std::string SequenceExpression(std::u32string_view folding) const {
    std::string out;
    for (const char32_t c : folding) {
      const auto* equal = ClassOf({&c, 1});
      out += equal == nullptr ? HexSpelling(c) : Bracketed(*equal);
    }
    return out;
  }

 private:
  void Add(char32_t c, const std::u32string& folding) {
    if (folding == std::u32string_view(&c, 1)) return;
    classes_[folding].push_back(c);
    characters_.push_back(c);
    characters_.insert(characters_.end(), folding.begin(), folding.end());
  }

  Foldings() {
    for (const auto& [first, last] : kCased) {
      for (char32_t c = first; c <= last; ++c) Add(c, FoldingOf(c));
    }
    for (auto& [folding, equal] : classes_) {
      if (folding.size() == 1) equal.push_back(folding[0]);
    }
    std::sort(characters_.begin(), characters_.end());
    characters_.erase(std::unique(characters_.begin(), characters_.end()), characters_.end());
    SOTTO_CHECK(characters_.size() <= CasedSet().size());
  }

  std::vector<char32_t> characters_;
  std::map<std::u32string, std::vector<char32_t>, std::less<>> classes_;
};

absl::StatusOr<CasedSet> Matched(std::string_view expression) {
  SOTTO_ASSIGN_OR_RETURN(
      const SplitPattern pattern,
      SplitPattern::CompilePcre2(expression, SplitPattern::Engine::kInterpreter));
  std::string text;
  std::vector<size_t> begins;
  for (const char32_t c : Foldings::Get().characters()) {
    begins.push_back(text.size());
    AppendUtf8(c, text);
  }
  CasedSet set;
  MatchBudget budget(text.size());
  SOTTO_RETURN_IF_ERROR(pattern.EachMatch(text, budget, [&](PatternMatch match) {
    const auto begin = static_cast<size_t>(match.text.data() - text.data());
    if (match.matched) {
      set.set(std::lower_bound(begins.begin(), begins.end(), begin) - begins.begin());
    }
    return absl::OkStatus();
  }));
  return set;
}

// Its first characters, folded where the folding is one character.
std::u32string SimpleFolding(std::u32string_view text) {
  std::u32string out;
  for (const char32_t c : text.substr(0, kMostFolded)) {
    const std::u32string folding = FoldingOf(c);
    out.push_back(folding.size() == 1 ? folding[0] : c);
  }
  return out;
}

}  // namespace

CasedSet CasedRange(char32_t first, char32_t last) {
  const Foldings& foldings = Foldings::Get();
  CasedSet set;
  const size_t end = foldings.IndexOf(last + 1);
  for (size_t i = foldings.IndexOf(first); i < end; ++i) set.set(i);
  return set;
}

// Each class is asked for once: there are some hundreds, and a hostile file could name them often.
absl::StatusOr<CasedSet> CasedMembersOf(const CharacterSet& set) {
  static std::mutex& mutex = *new std::mutex;
  static auto& known = *new std::map<std::pair<std::string, std::string>, CasedSet>;
  const std::lock_guard lock(mutex);
  const auto found = known.find({set.members, set.except});
  if (found != known.end()) return found->second;
  SOTTO_ASSIGN_OR_RETURN(CasedSet members, Matched(StrCat("[", set.members, "]")));
  if (!set.except.empty()) {
    SOTTO_ASSIGN_OR_RETURN(const CasedSet except, Matched(StrCat("[", set.except, "]")));
    members &= ~except;
  }
  known.emplace(std::pair(set.members, set.except), members);
  return members;
}

CaseVariants CaseVariantsOf(const CasedSet& set) {
  const Foldings& foldings = Foldings::Get();
  const auto has = [&](char32_t c) { return set.test(foldings.IndexOf(c)); };
  CaseVariants variants;
  CasedSet widened = set;
  for (const auto& [folding, equal] : foldings.classes()) {
    if (std::none_of(equal.begin(), equal.end(), has)) continue;
    for (const char32_t c : equal) {
      if (!has(c)) variants.members += HexSpelling(c);
      widened.set(foldings.IndexOf(c));
    }
  }
  for (const auto& [folding, equal] : foldings.classes()) {
    if (folding.size() == 1 || std::none_of(equal.begin(), equal.end(), has)) continue;
    const bool of_members = std::all_of(folding.begin(), folding.end(), [&](char32_t c) {
      return widened.test(foldings.IndexOf(c));
    });
    variants.sequences.push_back({foldings.SequenceExpression(folding), of_members});
  }
  return variants;
}

CaselessUnit FirstCaselessUnit(std::u32string_view text, CaseUnits units) {
  const Foldings& foldings = Foldings::Get();
  const std::u32string simple = SimpleFolding(text);
  for (size_t length = simple.size(); length > 1 && units == CaseUnits::kAny; --length) {
    const std::u32string_view whole = simple, folding = whole.substr(0, length);
    if (const auto* equal = foldings.ClassOf(folding)) {
      return {StrCat("(?:", foldings.SequenceExpression(folding), "|", Bracketed(*equal), ")"),
              length};
    }
  }
  const std::u32string own = FoldingOf(text[0]);
  const auto* equal = foldings.ClassOf(own);
  if (equal == nullptr) return {};
  if (own.size() == 1 || units == CaseUnits::kSingle) return {Bracketed(*equal)};
  return {StrCat("(?:", Bracketed(*equal), "|", foldings.SequenceExpression(own), ")")};
}

}  // namespace sotto
