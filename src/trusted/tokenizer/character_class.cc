#include "trusted/tokenizer/character_class.h"

#include <vector>

#include "base/strings.h"
#include "base/utf8.h"

namespace sotto {
namespace {

constexpr char kSetInRange[] =
    "regular expression does not compile: a class cannot begin or end a range in brackets";
constexpr char kNoEnd[] = "regular expression does not compile: a bracket is not closed";
// Brackets within brackets: each is a call.
constexpr int kMaxClassDepth = 8;

bool IsHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool IsAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// \p{NAME}, \p{^NAME}, \P{NAME}.
absl::StatusOr<PatternEscape> ParseProperty(std::string_view rest) {
  const size_t brace = rest.find('}');
  if (rest.size() < 4 || rest[2] != '{' || brace > 60) return UnsupportedPattern(rest.substr(0, 2));
  std::string_view name = rest.substr(3, brace - 3);
  PatternEscape escape{.negated = rest[1] == 'P', .length = brace + 1};
  if (name.starts_with('^')) {
    escape.negated = !escape.negated;
    name.remove_prefix(1);
  }
  escape.set = PropertySet(name);
  if (!escape.set.has_value()) return UnsupportedPattern(rest.substr(0, brace + 1));
  return escape;
}

// \xHH, \x{H..}, \uHHHH. Two digits name a byte: a character only below 80.
absl::StatusOr<PatternEscape> ParseCodePoint(std::string_view rest) {
  const bool braces = rest[1] == 'x' && rest.size() > 2 && rest[2] == '{';
  const size_t begin = braces ? 3 : 2, most = braces ? 6 : rest[1] == 'u' ? 4 : 2;
  size_t end = begin;
  while (end < rest.size() && end < begin + most && IsHexDigit(rest[end])) ++end;
  const bool whole = braces ? end > begin && end < rest.size() && rest[end] == '}'
                            : end == begin + most && (most == 4 || rest[begin] < '8');
  if (!whole) return UnsupportedPattern(rest.substr(0, 2));
  const std::string digits(rest.substr(begin, end - begin));
  return PatternEscape{.character = StrCat("\\x{", digits, "}"),
                       .code_point = static_cast<char32_t>(std::stoul(digits, nullptr, 16)),
                       .length = end + (braces ? 1 : 0)};
}

// One item between brackets: a literal character, or an expression for one character.
struct ClassItem {
  std::string literal = {};     // not empty: the character, in PCRE2's spelling
  std::string members = {};     // not empty: a set that may stand between brackets
  std::string expression = {};  // else
  char32_t code_point = 0;      // of `literal`
  CasedSet cased = {};          // what is in it, where case is ignored
  bool named = false;           // an escape's class or POSIX's, which begins no range
};

ClassItem ItemOf(const CharacterSet& set, bool negated) {
  if (!negated && set.except.empty()) return {.members = set.members, .named = true};
  return {.expression = SetExpression(set, negated), .named = true};
}

ClassItem Literal(std::string spelling, char32_t code_point) {
  return {.literal = std::move(spelling), .code_point = code_point};
}

// What was read of a class: the union of `members` and `expressions`.
struct ClassUnion {
  std::string members;
  std::vector<std::string> expressions;
  CasedSet cased;

  void Add(ClassItem item) {
    members += item.literal + item.members;
    cased |= item.cased;
    if (!item.expression.empty()) expressions.push_back(std::move(item.expression));
  }
  bool plain() const { return expressions.empty(); }
  std::string Expression() const {
    if (plain()) return members.empty() ? "(?!)" : StrCat("[", members, "]");
    std::string out = "(?:";
    if (!members.empty()) out += StrCat("[", members, "]|");
    for (size_t i = 0; i < expressions.size(); ++i) out += StrCat(i > 0 ? "|" : "", expressions[i]);
    return out + ")";
  }
};

std::string Negated(const ClassUnion& set) {
  if (set.plain() && !set.members.empty()) return StrCat("[^", set.members, "]");
  return StrCat("(?:(?!", set.Expression(), ")(?s:.))");
}

class ClassParser {
 public:
  ClassParser(std::string_view rest, CaseRule rule) : rest_(rest), rule_(rule) {}
  size_t used() const { return at_; }
  // What else the class matches.
  std::vector<CaseVariants::Sequence> TakeSequences() { return std::move(sequences_); }

  // From '[' to its ']'.
  absl::StatusOr<ClassItem> Parse(int depth) {
    if (depth == kMaxClassDepth) return UnsupportedPattern("a deeply nested class");
    ++at_;
    const bool negated = Take("^");
    std::vector<ClassUnion> factors(1);
    for (bool first = true; first || Peek() != ']'; first = false) {
      if (at_ >= rest_.size()) return absl::InvalidArgumentError(kNoEnd);
      if (Take("&&")) {
        factors.emplace_back();
        continue;
      }
      SOTTO_ASSIGN_OR_RETURN(ClassItem item, ParseItem(depth));
      SOTTO_RETURN_IF_ERROR(ParseRange(item, depth));
      factors.back().Add(std::move(item));
    }
    ++at_;
    ClassUnion all = Intersection(std::move(factors));
    // The outermost brackets match both cases of what is in them; those within do not.
    if (depth == 0 && rule_ == CaseRule::kIgnored) Widen(all, negated);
    return Finished(all, negated);
  }

 private:
  char Peek() const { return at_ < rest_.size() ? rest_[at_] : '\0'; }
  bool Take(std::string_view text) {
    if (!rest_.substr(at_).starts_with(text)) return false;
    at_ += text.size();
    return true;
  }

  static ClassUnion Intersection(std::vector<ClassUnion> factors) {
    if (factors.size() == 1) return std::move(factors[0]);
    ClassUnion all;
    all.cased.set();
    std::string expression = "(?:";
    for (const ClassUnion& factor : factors) {
      expression += StrCat("(?=", factor.Expression(), ")");
      all.cased &= factor.cased;
    }
    all.expressions.push_back(expression + "(?s:.))");
    return all;
  }

  void Widen(ClassUnion& all, bool negated) {
    CaseVariants variants = CaseVariantsOf(all.cased);
    all.members += variants.members;
    if (!negated) sequences_ = std::move(variants.sequences);
  }

  static ClassItem Finished(const ClassUnion& all, bool negated) {
    if (negated) return {.expression = Negated(all), .cased = ~all.cased};
    if (!all.plain() || all.members.empty()) {
      return {.expression = all.Expression(), .cased = all.cased};
    }
    return {.members = all.members, .cased = all.cased};
  }

  absl::StatusOr<ClassItem> NamedItem(const CharacterSet& set, bool negated) const {
    ClassItem item = ItemOf(set, negated);
    if (rule_ == CaseRule::kExact) return item;
    SOTTO_ASSIGN_OR_RETURN(item.cased, CasedMembersOf(set));
    if (negated) item.cased.flip();
    return item;
  }

  absl::StatusOr<ClassItem> ParseItem(int depth) {
    const std::string_view rest = rest_.substr(at_);
    if (rest.starts_with("[:")) return ParsePosix(rest);
    if (rest[0] == '[') return Parse(depth + 1);
    if (rest.starts_with("\\b")) {  // Backspace, here alone.
      at_ += 2;
      return Literal("\\x{8}", 8);
    }
    if (rest[0] == '\\') {
      SOTTO_ASSIGN_OR_RETURN(PatternEscape escape, ParsePatternEscape(rest));
      at_ += escape.length;
      if (escape.set.has_value()) return NamedItem(*escape.set, escape.negated);
      return Literal(std::move(escape.character), escape.code_point);
    }
    const Utf8Step step = NextUtf8(rest);
    at_ += step.length;
    // Some punctuation means something between PCRE2's brackets.
    const bool escaped = step.length == 1 && !IsAlphanumeric(rest[0]) && rest[0] > ' ';
    return Literal(StrCat(escaped ? "\\" : "", rest.substr(0, step.length)), step.character);
  }

  absl::StatusOr<ClassItem> ParsePosix(std::string_view rest) {
    const size_t end = rest.find(":]");
    if (end == std::string_view::npos || end > 20) return UnsupportedPattern("[:");
    const bool negated = rest[2] == '^';
    const size_t begin = negated ? 3 : 2;
    const auto set = PosixSet(rest.substr(begin, end - begin));
    if (!set.has_value()) return UnsupportedPattern(rest.substr(0, end + 2));
    at_ += end + 2;
    return NamedItem(*set, negated);
  }

  // Turns `item` into a range where it begins one. A hyphen elsewhere is a character.
  absl::Status ParseRange(ClassItem& item, int depth) {
    char32_t end = item.code_point;
    const std::string_view rest = rest_.substr(at_);
    if (rest.size() >= 2 && rest[0] == '-' && rest[1] != ']' && !rest.starts_with("-&&")) {
      if (item.named) return absl::InvalidArgumentError(kSetInRange);
      const bool bracket = rest[1] == '[' && !rest.starts_with("-[:");
      if (!item.literal.empty() && !bracket) {
        ++at_;
        SOTTO_ASSIGN_OR_RETURN(const ClassItem last, ParseItem(depth));
        if (last.literal.empty()) return absl::InvalidArgumentError(kSetInRange);
        item.literal += StrCat("-", last.literal);
        end = last.code_point;
      }
    }
    if (rule_ == CaseRule::kIgnored && !item.literal.empty()) {
      item.cased = CasedRange(item.code_point, end);
    }
    return absl::OkStatus();
  }

  std::string_view rest_;
  const CaseRule rule_;
  size_t at_ = 0;
  std::vector<CaseVariants::Sequence> sequences_;
};

}  // namespace

absl::Status UnsupportedPattern(std::string_view what) {
  std::string shown(what);
  for (char& c : shown) {
    if (c < ' ' || c > '~') c = '?';
  }
  return absl::UnimplementedError(
      StrCat("regular expression uses ", shown, ", which is not supported"));
}

std::string SetExpression(const CharacterSet& set, bool negated) {
  if (set.except.empty()) return StrCat(negated ? "[^" : "[", set.members, "]");
  if (negated) return StrCat("(?:[^", set.members, "]|[", set.except, "])");
  return StrCat("(?:(?![", set.except, "])[", set.members, "])");
}

absl::StatusOr<PatternEscape> ParsePatternEscape(std::string_view rest) {
  if (rest.size() < 2) return UnsupportedPattern("\\ at its end");
  const char c = rest[1];
  if (c == 'p' || c == 'P') return ParseProperty(rest);
  if (c == 'x' || c == 'u') return ParseCodePoint(rest);
  const bool upper = c >= 'A' && c <= 'Z';
  if (auto set = EscapeSet(upper ? static_cast<char>(c - 'A' + 'a') : c)) {
    return PatternEscape{.set = std::move(set), .negated = upper, .length = 2};
  }
  if (c == 'v') return PatternEscape{.character = "\\x{b}", .code_point = 0xb, .length = 2};
  constexpr std::string_view kSame = "rntfae", kControls = "\r\n\t\f\a\x1b";
  const size_t same = kSame.find(c);
  if (IsAlphanumeric(c) && same == std::string_view::npos) {
    return UnsupportedPattern(rest.substr(0, 2));
  }
  const Utf8Step step = NextUtf8(rest.substr(1));
  const bool letter = step.length > 1;  // Of another script: a backslash before it says nothing.
  return PatternEscape{
      .character = std::string(rest.substr(letter ? 1 : 0, step.length + !letter)),
      .code_point = same == std::string_view::npos ? step.character : char32_t(kControls[same]),
      .length = 1 + step.length};
}

absl::StatusOr<TranslatedClass> TranslateClass(std::string_view rest, CaseRule rule) {
  ClassParser parser(rest, rule);
  SOTTO_ASSIGN_OR_RETURN(const ClassItem item, parser.Parse(0));
  return TranslatedClass{
      .expression = item.members.empty() ? item.expression : StrCat("[", item.members, "]"),
      .sequences = parser.TakeSequences(),
      .length = parser.used()};
}

}  // namespace sotto
