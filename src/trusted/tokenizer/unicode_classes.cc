#include "trusted/tokenizer/unicode_classes.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "base/strings.h"
#include "trusted/tokenizer/unicode_additions.h"

namespace sotto {
namespace {

// The White_Space property.
constexpr std::string_view kSpaces =
    "\\t-\\r\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}"
    "\\x{3000}";

struct CategoryName {
  std::string_view name, long_name;
};
constexpr CategoryName kCategories[] = {
    {"L", "letter"},
    {"Lu", "uppercaseletter"},
    {"Ll", "lowercaseletter"},
    {"Lt", "titlecaseletter"},
    {"Lm", "modifierletter"},
    {"Lo", "otherletter"},
    {"M", "mark"},
    {"Mn", "nonspacingmark"},
    {"Mc", "spacingmark"},
    {"Me", "enclosingmark"},
    {"N", "number"},
    {"Nd", "decimalnumber"},
    {"Nl", "letternumber"},
    {"No", "othernumber"},
    {"P", "punctuation"},
    {"Pc", "connectorpunctuation"},
    {"Pd", "dashpunctuation"},
    {"Ps", "openpunctuation"},
    {"Pe", "closepunctuation"},
    {"Pi", "initialpunctuation"},
    {"Pf", "finalpunctuation"},
    {"Po", "otherpunctuation"},
    {"S", "symbol"},
    {"Sm", "mathsymbol"},
    {"Sc", "currencysymbol"},
    {"Sk", "modifiersymbol"},
    {"So", "othersymbol"},
    {"Z", "separator"},
    {"Zs", "spaceseparator"},
    {"Zl", "lineseparator"},
    {"Zp", "paragraphseparator"},
    {"C", "other"},
    {"Cc", "control"},
    {"Cf", "format"},
    {"Cn", "unassigned"},
    {"Co", "privateuse"},
};

// The codes (ISO 15924) of scripts that have a row in the table; PCRE2 knows the others itself.
struct ScriptCode {
  std::string_view code, name;
};
constexpr ScriptCode kScriptCodes[] = {
    {"arab", "arabic"},
    {"bali", "balinese"},
    {"cyrl", "cyrillic"},
    {"deva", "devanagari"},
    {"egyp", "egyptianhieroglyphs"},
    {"gara", "garay"},
    {"gukh", "gurungkhema"},
    {"hani", "han"},
    {"hira", "hiragana"},
    {"kana", "katakana"},
    {"khoj", "khojki"},
    {"kits", "khitansmallscript"},
    {"knda", "kannada"},
    {"krai", "kiratrai"},
    {"laoo", "lao"},
    {"latn", "latin"},
    {"mymr", "myanmar"},
    {"nagm", "nagmundari"},
    {"onao", "olonal"},
    {"sunu", "sunuwar"},
    {"todr", "todhri"},
    {"tutg", "tulutigalari"},
    {"zyyy", "common"},
    {"zzzz", "unknown"},
};

// As Unicode compares names (UAX 44, LM3).
std::string LooseName(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == ' ' || c == '_' || c == '-') continue;
    out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return out;
}

// Categories are rows of two letters.
bool IsCategoryRow(const UnicodeAddition& row) { return row.name.size() == 2; }

bool IsScriptRow(const UnicodeAddition& row) {
  return row.base.empty() || row.base.starts_with("\\p{sc:");
}

struct AddedRange {
  uint32_t first, last;
};

// The number of the \x{..} that `text` begins with, which it then has no longer.
uint32_t TakeNumber(std::string_view& text) {
  const size_t end = text.find('}');
  const auto number = std::stoul(std::string(text.substr(3, end - 3)), nullptr, 16);
  text.remove_prefix(end + 1);
  return static_cast<uint32_t>(number);
}

// The same ranges, as few as may be: of a class, PCRE2 compares a character with one after the
// other.
std::string JoinedRanges(std::string_view text) {
  std::vector<AddedRange> ranges;
  while (!text.empty()) {
    const uint32_t first = TakeNumber(text);
    const bool more = text.starts_with('-');
    if (more) text.remove_prefix(1);
    ranges.push_back({first, more ? TakeNumber(text) : first});
  }
  std::sort(ranges.begin(), ranges.end(),
            [](const AddedRange& a, const AddedRange& b) { return a.first < b.first; });
  std::string out;
  for (size_t i = 0; i < ranges.size();) {
    AddedRange joined = ranges[i];
    while (++i < ranges.size() && ranges[i].first <= joined.last + 1) {
      joined.last = std::max(joined.last, ranges[i].last);
    }
    char spelled[32];
    snprintf(spelled, sizeof spelled, "\\x{%x}-\\x{%x}", joined.first, joined.last);
    out += spelled;
  }
  return out;
}

// Of a category of one or two letters.
CharacterSet Category(std::string_view name) {
  std::string added;
  CharacterSet set;
  for (const UnicodeAddition& row : UnicodeAdditions()) {
    if (!IsCategoryRow(row)) continue;
    const bool inside = row.name.starts_with(name);
    if (inside) added.append(row.added);
    if (inside && name.size() == 2) set.except.append(row.removed);
    // What was unassigned.
    if ((name == "C" || name == "Cn") && !inside) set.except.append(row.added);
  }
  set.members = StrCat("\\p{", name, "}", JoinedRanges(added));
  return set;
}

std::string Members(std::string_view category) { return Category(category).members; }

// A binary property or a script of the table, by its LooseName(); nullopt: not there.
std::optional<CharacterSet> NamedClass(std::string_view loose) {
  for (const UnicodeAddition& row : UnicodeAdditions()) {
    if (IsCategoryRow(row) || LooseName(row.name) != loose) continue;
    return CharacterSet{StrCat(row.base, row.added), std::string(row.removed)};
  }
  return std::nullopt;
}

// The script \p{NAME}, of a LooseName() that need not be one.
CharacterSet Script(std::string_view loose) {
  for (const ScriptCode& row : kScriptCodes) {
    if (row.code == loose) loose = row.name;
  }
  if (auto changed = NamedClass(loose)) return *std::move(changed);
  CharacterSet set{StrCat("\\p{sc:", loose, "}"), ""};
  if (loose == "unknown") {  // What was of no script.
    for (const UnicodeAddition& row : UnicodeAdditions()) {
      if (IsScriptRow(row)) set.except.append(row.added);
    }
  }
  return set;
}

CharacterSet Alphabetic() { return *NamedClass("alphabetic"); }

// All that is assigned, but for controls and separators.
std::string GraphMembers() {
  return StrCat(Members("L"), Members("M"), Members("N"), Members("P"), Members("S"), Members("Cf"),
                Members("Co"));
}

std::string WordMembers() {
  return StrCat(Alphabetic().members, Members("M"), Members("Nd"), Members("Pc"));
}

bool IsName(std::string_view name) {
  for (const char c : name) {
    if ((c < 'a' || c > 'z') && (c < '0' || c > '9')) return false;
  }
  return !name.empty();
}

}  // namespace

std::optional<CharacterSet> PropertySet(std::string_view name) {
  const std::string loose = LooseName(name);
  if (!IsName(loose)) return std::nullopt;
  for (const CategoryName& category : kCategories) {
    if (loose == LooseName(category.name) || loose == category.long_name) {
      return Category(category.name);
    }
  }
  if (loose == "lc" || loose == "casedletter") {
    return CharacterSet{StrCat(Members("Lu"), Members("Ll"), Members("Lt")), ""};
  }
  if (loose == "any") return CharacterSet{"\\x{0}-\\x{10ffff}", ""};
  if (loose == "whitespace") return CharacterSet{std::string(kSpaces), ""};
  if (loose == "punct") return Category("P");  // Unlike [:punct:], without symbols.
  if (auto posix = PosixSet(loose)) return posix;
  if (loose == "assigned") {
    return CharacterSet{StrCat(GraphMembers(), Members("Z"), Members("Cc")), ""};
  }
  return Script(loose);
}

std::optional<CharacterSet> PosixSet(std::string_view name) {
  if (name == "alpha") return Alphabetic();
  if (name == "alnum") return CharacterSet{StrCat(Alphabetic().members, Members("Nd")), ""};
  if (name == "digit") return Category("Nd");
  if (name == "space") return CharacterSet{std::string(kSpaces), ""};
  if (name == "punct") return CharacterSet{StrCat(Members("P"), Members("S")), ""};
  if (name == "cntrl") return Category("Cc");
  if (name == "blank") return CharacterSet{StrCat("\\t", Members("Zs")), ""};
  if (name == "lower") return NamedClass("lowercase");
  if (name == "upper") return NamedClass("uppercase");
  if (name == "graph") return CharacterSet{GraphMembers(), ""};
  if (name == "print") return CharacterSet{StrCat(GraphMembers(), Members("Zs")), ""};
  if (name == "ascii") return CharacterSet{"\\x{0}-\\x{7f}", ""};
  if (name == "word") return EscapeSet('w');
  if (name == "xdigit") return EscapeSet('h');
  return std::nullopt;
}

std::optional<CharacterSet> EscapeSet(char letter) {
  if (letter == 'd') return Category("Nd");
  if (letter == 'h') return CharacterSet{"0-9a-fA-F", ""};
  if (letter == 's') return CharacterSet{std::string(kSpaces), ""};
  if (letter == 'w') return CharacterSet{WordMembers(), ""};
  return std::nullopt;
}

CharacterSet WordOutsideBrackets() {
  return {StrCat(WordMembers(), "\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}"), ""};
}

std::string RustWordMembers() { return StrCat(WordMembers(), "\\x{200c}\\x{200d}"); }

// Rust's own tables are of Unicode 17.
std::string RustNumericMembers() {
  return StrCat(Members("N"), "\\x{11de0}-\\x{11de9}\\x{16ff4}-\\x{16ff6}");
}

// That crate's tables are of Unicode 8; of what is punctuation since, or no longer.
std::string RustPunctuationPattern() {
  constexpr std::string_view kNew =
      "\\x{61d}\\x{9fd}\\x{a76}\\x{c77}\\x{c84}\\x{1b4e}-\\x{1b4f}\\x{1b7d}-\\x{1b7f}"
      "\\x{2e43}-\\x{2e4f}\\x{2e52}-\\x{2e5d}\\x{10d6e}\\x{10ead}\\x{10f55}-\\x{10f59}"
      "\\x{10f86}-\\x{10f89}\\x{113d4}-\\x{113d5}\\x{113d7}-\\x{113d8}\\x{1144b}-\\x{1144f}"
      "\\x{1145a}-\\x{1145b}\\x{1145d}\\x{11660}-\\x{1166c}\\x{116b9}\\x{1183b}"
      "\\x{11944}-\\x{11946}\\x{119e2}\\x{11a3f}-\\x{11a46}\\x{11a9a}-\\x{11a9c}"
      "\\x{11a9e}-\\x{11aa2}\\x{11b00}-\\x{11b09}\\x{11be1}\\x{11c41}-\\x{11c45}"
      "\\x{11c70}-\\x{11c71}\\x{11ef7}-\\x{11ef8}\\x{11f43}-\\x{11f4f}\\x{11fff}"
      "\\x{12ff1}-\\x{12ff2}\\x{16d6d}-\\x{16d6f}\\x{16e97}-\\x{16e9a}\\x{16fe2}\\x{1e5ff}"
      "\\x{1e95e}-\\x{1e95f}";
  return StrCat("(?![", kNew, "])[\\p{P}$+<=>^`|~\\x{166d}\\x{111c9}]");
}

}  // namespace sotto
