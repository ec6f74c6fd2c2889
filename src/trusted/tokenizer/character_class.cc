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
  return PatternEscape{.character = StrCat("\\x{", rest.substr(begin, end - begin), "}"),
                       .length = end + (braces ? 1 : 0)};
}

// One item between brackets: a literal character, or an expression for one character.
struct ClassItem {
  std::string literal = {};     // not empty: the character, in PCRE2's spelling
  std::string members = {};     // not empty: a set that may stand between brackets
  std::string expression = {};  // else
  bool named = false;           // an escape's class or POSIX's, which begins no range
};

ClassItem ItemOf(const CharacterSet& set, bool negated) {
  if (!negated && set.except.empty()) return {.members = set.members, .named = true};
  return {.expression = SetExpression(set, negated), .named = true};
}

// What was read of a class: the union of `members` and `expressions`.
struct ClassUnion {
  std::string members;
  std::vector<std::string> expressions;

  void Add(ClassItem item) {
    members += item.literal + item.members;
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
  explicit ClassParser(std::string_view rest) : rest_(rest) {}
  size_t used() const { return at_; }

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
    return Finished(factors, negated);
  }

 private:
  char Peek() const { return at_ < rest_.size() ? rest_[at_] : '\0'; }
  bool Take(std::string_view text) {
    if (!rest_.substr(at_).starts_with(text)) return false;
    at_ += text.size();
    return true;
  }

  static ClassItem Finished(const std::vector<ClassUnion>& factors, bool negated) {
    if (factors.size() == 1) {
      const ClassUnion& only = factors[0];
      if (negated) return {.expression = Negated(only)};
      if (only.plain() && !only.members.empty()) return {.members = only.members};
      return {.expression = only.Expression()};
    }
    ClassUnion all;
    std::string expression = "(?:";
    for (const ClassUnion& factor : factors) expression += StrCat("(?=", factor.Expression(), ")");
    all.expressions.push_back(expression + "(?s:.))");
    return {.expression = negated ? Negated(all) : all.Expression()};
  }

  absl::StatusOr<ClassItem> ParseItem(int depth) {
    const std::string_view rest = rest_.substr(at_);
    if (rest.starts_with("[:")) return ParsePosix(rest);
    if (rest[0] == '[') return Parse(depth + 1);
    if (rest.starts_with("\\b")) {  // Backspace, here alone.
      at_ += 2;
      return ClassItem{.literal = "\\x{8}"};
    }
    if (rest[0] == '\\') {
      SOTTO_ASSIGN_OR_RETURN(PatternEscape escape, ParsePatternEscape(rest));
      at_ += escape.length;
      if (escape.set.has_value()) return ItemOf(*escape.set, escape.negated);
      return ClassItem{.literal = std::move(escape.character)};
    }
    const size_t length = NextUtf8(rest).length;
    at_ += length;
    // Some punctuation means something between PCRE2's brackets.
    const bool escaped = length == 1 && !IsAlphanumeric(rest[0]) && rest[0] > ' ';
    return ClassItem{.literal = StrCat(escaped ? "\\" : "", rest.substr(0, length))};
  }

  absl::StatusOr<ClassItem> ParsePosix(std::string_view rest) {
    const size_t end = rest.find(":]");
    if (end == std::string_view::npos || end > 20) return UnsupportedPattern("[:");
    const bool negated = rest[2] == '^';
    const size_t begin = negated ? 3 : 2;
    const auto set = PosixSet(rest.substr(begin, end - begin));
    if (!set.has_value()) return UnsupportedPattern(rest.substr(0, end + 2));
    at_ += end + 2;
    return ItemOf(*set, negated);
  }

  // Turns `item` into a range where it begins one. A hyphen elsewhere is a character.
  absl::Status ParseRange(ClassItem& item, int depth) {
    const std::string_view rest = rest_.substr(at_);
    if (rest.size() < 2 || rest[0] != '-' || rest[1] == ']' || rest.starts_with("-&&")) {
      return absl::OkStatus();
    }
    if (item.named) return absl::InvalidArgumentError(kSetInRange);
    const bool bracket = rest[1] == '[' && !rest.starts_with("-[:");
    if (item.literal.empty() || bracket) return absl::OkStatus();
    ++at_;
    SOTTO_ASSIGN_OR_RETURN(ClassItem last, ParseItem(depth));
    if (last.literal.empty()) return absl::InvalidArgumentError(kSetInRange);
    item.literal += StrCat("-", last.literal);
    return absl::OkStatus();
  }

  std::string_view rest_;
  size_t at_ = 0;
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
  if (c == 'v') return PatternEscape{.character = "\\x{b}", .length = 2};
  constexpr std::string_view kSame = "rntfae";
  if (IsAlphanumeric(c) && kSame.find(c) == std::string_view::npos) {
    return UnsupportedPattern(rest.substr(0, 2));
  }
  const size_t length = NextUtf8(rest.substr(1)).length;
  const bool letter = length > 1;  // Of another script: a backslash before it says nothing.
  return PatternEscape{.character = std::string(rest.substr(letter ? 1 : 0, length + !letter)),
                       .length = 1 + length};
}

absl::StatusOr<std::string> TranslateClass(std::string_view rest, size_t& length) {
  ClassParser parser(rest);
  SOTTO_ASSIGN_OR_RETURN(const ClassItem item, parser.Parse(0));
  length = parser.used();
  return item.members.empty() ? item.expression : StrCat("[", item.members, "]");
}

}  // namespace sotto
