#include "trusted/tokenizer/pattern_translation.h"

#include <iterator>
#include <vector>

#include "base/strings.h"
#include "base/utf8.h"
#include "trusted/tokenizer/case_folding.h"
#include "trusted/tokenizer/character_class.h"

namespace sotto {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

constexpr char kNotRepeatable[] =
    "regular expression does not compile: a quantifier follows an anchor, a look-around or nothing";
constexpr char kBadLookBehind[] =
    "regular expression does not compile: a look-behind holds what it must not hold";

// An open group, or the whole expression; as Oniguruma's parser builds it.
struct Group {
  size_t begin = 0;          // in the translation
  bool transparent = false;  // (?: and no other: it is what is in it
  bool look_around = false;
  bool look_behind = false, negative_look_behind = false;  // itself or one around it
  bool ignore_case = false;
  // Of the current alternative: its parts, and whether the last cannot be repeated.
  size_t parts = 0;
  bool last_is_anchor = false;
  bool has_anchor_alternative = false;  // one of those before it is but an anchor

  void AddPart(bool anchor) {
    ++parts;
    last_is_anchor = anchor;
  }
  void NextAlternative() {
    has_anchor_alternative = is_anchor();
    parts = 0;
    last_is_anchor = false;
  }
  bool is_anchor() const { return has_anchor_alternative || (parts == 1 && last_is_anchor); }
  bool repeatable() const { return parts > 0 && !last_is_anchor; }
};

class Translator {
 public:
  explicit Translator(std::string_view pattern) : pattern_(pattern) {}

  absl::StatusOr<std::string> Run() {
    while (at_ < pattern_.size()) SOTTO_RETURN_IF_ERROR(Step());
    return std::move(out_);
  }

 private:
  std::string_view rest() const { return pattern_.substr(at_); }

  Group& group() { return groups_.back(); }

  void Copy(std::string_view text, size_t length) {
    out_.append(text);
    at_ += length;
  }

  // The part of the expression that a quantifier after it repeats.
  void AddAtom(std::string_view text, size_t length, bool anchor = false) {
    atom_ = out_.size();
    repeated_ = Repeated::kNot;
    group().AddPart(anchor);
    Copy(text, length);
  }

  absl::Status Step() {
    if (group().ignore_case && StepCaseless()) return absl::OkStatus();
    const char c = pattern_[at_];
    if (c == '\\') return StepEscape();
    if (c == '[') return StepClass();
    if (c == '(') return OpenGroup();
    if (c == ')') return CloseGroup();
    if (c == '|') {
      group().NextAlternative();
      Copy("|", 1);
      return absl::OkStatus();
    }
    if (c == '^' || c == '$') {
      AddAtom({&c, 1}, 1, /*anchor=*/true);
      return absl::OkStatus();
    }
    if (c == '*' || c == '+' || c == '?') return StepQuantifier(c);
    if (const size_t interval = IntervalLength(at_)) return StepInterval(interval);
    const size_t length = NextUtf8(rest()).length;
    AddAtom(rest().substr(0, length), length);
    return absl::OkStatus();
  }

  absl::Status StepClass() {
    const bool ignore_case = group().ignore_case;
    SOTTO_ASSIGN_OR_RETURN(
        const TranslatedClass set,
        TranslateClass(rest(), ignore_case ? CaseRule::kIgnored : CaseRule::kExact));
    // Where any number of the class's characters match, several of them are nothing new.
    const char next = CharacterAt(at_ + set.length);
    const bool repeated = next == '*' || next == '+';
    std::string sequences;
    for (const auto& sequence : set.sequences) {
      if (!repeated || !sequence.of_members) sequences += StrCat("|", sequence.expression);
    }
    AddAtom(sequences.empty() ? set.expression : StrCat("(?:", set.expression, sequences, ")"),
            set.length);
    return absl::OkStatus();
  }

  char CharacterAt(size_t at) const { return at < pattern_.size() ? pattern_[at] : '\0'; }

  // One character that stands for itself.
  struct Literal {
    char32_t character = 0;
    size_t length = 0;  // of its spelling; 0: it is something else
  };

  Literal LiteralAt(size_t at) const {
    const std::string_view rest = pattern_.substr(at);
    if (rest.empty() || std::string_view("[()|^$*+?.").find(rest[0]) != std::string_view::npos ||
        IntervalLength(at) > 0) {
      return {};
    }
    if (rest[0] != '\\') {
      const Utf8Step step = NextUtf8(rest);
      return {step.character, step.length};
    }
    if (std::string_view("AzZbB").find(CharacterAt(at + 1)) != std::string_view::npos) return {};
    const auto escape = ParsePatternEscape(rest);
    if (!escape.ok() || escape->set.has_value()) return {};  // Step() says what is wrong.
    return {escape->code_point, escape->length};
  }

  bool IsRepeated(size_t end) const {
    const char c = CharacterAt(end);
    return c == '*' || c == '+' || c == '?' || IntervalLength(end) > 0;
  }

  // Literals that case has to do with, as many as equal something together; PCRE2's own idea of
  // case is not asked for. A literal that is repeated stands for itself. False: there are none.
  bool StepCaseless() {
    std::u32string text;
    size_t ends[3] = {}, end = at_;
    while (text.size() < std::size(ends)) {
      const Literal literal = LiteralAt(end);
      if (literal.length == 0 || (!text.empty() && IsRepeated(end + literal.length))) break;
      end += literal.length;
      ends[text.size()] = end;
      text.push_back(literal.character);
      if (IsRepeated(end)) break;
    }
    if (text.empty()) return false;
    const bool behind = group().look_behind || group().negative_look_behind;
    const CaselessUnit unit =
        FirstCaselessUnit(text, behind ? CaseUnits::kSingle : CaseUnits::kAny);
    if (unit.expression.empty()) return false;
    AddAtom(unit.expression, ends[unit.characters - 1] - at_);
    return true;
  }

  absl::Status StepEscape() {
    const char c = at_ + 1 < pattern_.size() ? pattern_[at_ + 1] : '\0';
    if (c == 'A' || c == 'z' || c == 'Z') {
      AddAtom(rest().substr(0, 2), 2, /*anchor=*/true);
      return absl::OkStatus();
    }
    if (c == 'b' || c == 'B') {
      const std::string w = SetExpression(WordOutsideBrackets(), false);
      AddAtom(c == 'b' ? StrCat("(?:(?<=", w, ")(?!", w, ")|(?<!", w, ")(?=", w, "))")
                       : StrCat("(?:(?<=", w, ")(?=", w, ")|(?<!", w, ")(?!", w, "))"),
              2, /*anchor=*/true);
      return absl::OkStatus();
    }
    SOTTO_ASSIGN_OR_RETURN(PatternEscape escape, ParsePatternEscape(rest()));
    if (escape.set == EscapeSet('w')) escape.set = WordOutsideBrackets();
    AddAtom(escape.set.has_value() ? SetExpression(*escape.set, escape.negated) : escape.character,
            escape.length);
    return absl::OkStatus();
  }

  // What follows a quantifier makes it lazy or possessive, or repeats the whole again, which PCRE2
  // wants in a group.
  absl::Status BeginQuantifier() {
    if (!group().repeatable()) return absl::InvalidArgumentError(kNotRepeatable);
    if (repeated_ == Repeated::kNot) return absl::OkStatus();
    out_.insert(atom_, "(?:");
    out_ += ")";
    return absl::OkStatus();
  }

  absl::Status StepQuantifier(char c) {
    const bool ends = (repeated_ == Repeated::kBySign && c != '*') ||
                      (repeated_ == Repeated::kByInterval && c == '?');
    if (!ends) SOTTO_RETURN_IF_ERROR(BeginQuantifier());
    repeated_ = ends ? Repeated::kWholly : Repeated::kBySign;
    Copy({&c, 1}, 1);
    return absl::OkStatus();
  }

  // Of {n}, {n,}, {,m} or {n,m} at this place; 0: it is none of these.
  size_t IntervalLength(size_t at) const {
    if (CharacterAt(at) != '{') return 0;
    size_t i = at + 1, digits = 0, commas = 0;
    for (; i < pattern_.size() && (IsDigit(pattern_[i]) || pattern_[i] == ','); ++i) {
      (pattern_[i] == ',' ? commas : digits) += 1;
    }
    const bool whole = CharacterAt(i) == '}' && digits > 0 && commas <= 1;
    return whole ? i + 1 - at : 0;
  }

  absl::Status StepInterval(size_t length) {
    SOTTO_RETURN_IF_ERROR(BeginQuantifier());
    const std::string_view bounds = pattern_.substr(at_ + 1, length - 2);
    out_ += StrCat("{", bounds[0] == ',' ? "0" : "", bounds, "}");
    at_ += length;
    repeated_ =
        bounds.find(',') != std::string_view::npos ? Repeated::kByInterval : Repeated::kWholly;
    return absl::OkStatus();
  }

  absl::Status CloseGroup() {
    const Group closed = group();
    if (groups_.size() == 1) {  // PCRE2 will say that it was never opened.
      Copy(")", 1);
      return absl::OkStatus();
    }
    groups_.pop_back();
    AddAtom(")", 1, closed.look_around || (closed.transparent && closed.is_anchor()));
    atom_ = closed.begin;
    return absl::OkStatus();
  }

  Group NewGroup() const {
    const Group& around = groups_.back();
    return {.begin = out_.size(),
            .look_behind = around.look_behind,
            .negative_look_behind = around.negative_look_behind,
            .ignore_case = around.ignore_case};
  }

  absl::Status OpenGroup() {
    Group opened = NewGroup();
    if (!rest().starts_with("(?")) {
      if (rest().starts_with("(*")) return UnsupportedPattern("(*");
      if (opened.negative_look_behind) return absl::InvalidArgumentError(kBadLookBehind);
      Copy("(", 1);
      groups_.push_back(opened);
      return absl::OkStatus();
    }
    for (const std::string_view opening : {"(?:", "(?=", "(?!", "(?>", "(?<=", "(?<!"}) {
      if (!rest().starts_with(opening)) continue;
      SOTTO_RETURN_IF_ERROR(Open(opening, opened));
      groups_.push_back(opened);
      Copy(opening, opening.size());
      return absl::OkStatus();
    }
    return OpenOptions();
  }

  // Oniguruma wants no look-ahead in a look-behind, and no negative look-behind in a positive one.
  static absl::Status Open(std::string_view opening, Group& opened) {
    opened.transparent = opening == "(?:";
    opened.look_around = opening.back() == '=' || opening.back() == '!';
    const bool behind = opening.starts_with("(?<"), negative = opening == "(?<!";
    const bool ahead = opened.look_around && !behind;
    if ((ahead && (opened.look_behind || opened.negative_look_behind)) ||
        (negative && opened.look_behind)) {
      return absl::InvalidArgumentError(kBadLookBehind);
    }
    opened.look_behind = opened.look_behind || (behind && !negative);
    opened.negative_look_behind = opened.negative_look_behind || negative;
    return absl::OkStatus();
  }

  // (?i) or (?i-m:...; Ruby's m lets the dot match a line's end, as PCRE2's s does. What i does is
  // done here.
  absl::Status OpenOptions() {
    Group opened = NewGroup();
    std::string out = "(?";
    bool on = true;
    for (size_t i = at_ + 2; i < pattern_.size(); ++i) {
      const char c = pattern_[i];
      if (c == ')' || c == ':') {
        // Amid an expression, how far such options reach differs between the two.
        if (c == ')' && at_ > 0) break;
        if (c == ':') groups_.push_back(opened);
        if (c == ')') group().ignore_case = opened.ignore_case;
        Copy(out + c, i + 1 - at_);
        return absl::OkStatus();
      }
      if (c == 'i') opened.ignore_case = on;
      if (c == '-') on = false;
      if (c == 'm' || c == '-') out.push_back(c == 'm' ? 's' : c);
      if (c != 'i' && c != 'm' && c != '-') break;
    }
    return UnsupportedPattern(rest().substr(0, 3));
  }

  // Whether, and how, the part at atom_ is: behind a sign + and ? say how eagerly, behind {n,m}
  // only
  // ?, behind {n} neither.
  enum class Repeated { kNot, kBySign, kByInterval, kWholly };

  std::string_view pattern_;
  size_t at_ = 0;
  std::string out_;
  Repeated repeated_ = Repeated::kNot;
  size_t atom_ = 0;                   // where it begins in out_
  std::vector<Group> groups_ = {{}};  // the whole, and those that are open
};

}  // namespace

absl::StatusOr<std::string> ToPcre2(std::string_view pattern) { return Translator(pattern).Run(); }

std::string EscapedPattern(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool special = std::string_view("\\^$.|?*+()[]{}-#&~").find(c) != std::string_view::npos;
    if (special) out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

}  // namespace sotto
