#include "trusted/tokenizer/pattern_translation.h"

#include <vector>

#include "base/strings.h"
#include "base/utf8.h"
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
    const char c = pattern_[at_];
    if (c == '\\') return StepEscape();
    if (c == '[') {
      size_t length = 0;
      SOTTO_ASSIGN_OR_RETURN(const std::string expression, TranslateClass(rest(), length));
      AddAtom(expression, length);
      return absl::OkStatus();
    }
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
    if (c == '{') {
      SOTTO_ASSIGN_OR_RETURN(const bool interval, StepInterval());
      if (interval) return absl::OkStatus();
    }
    const size_t length = NextUtf8(rest()).length;
    AddAtom(rest().substr(0, length), length);
    return absl::OkStatus();
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
    if (c == 'w' || c == 'W') escape.set = WordOutsideBrackets();
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

  // {n}, {n,}, {,m} and {n,m}; false: a brace that is none of these.
  absl::StatusOr<bool> StepInterval() {
    size_t i = at_ + 1, digits = 0, commas = 0;
    for (; i < pattern_.size() && (IsDigit(pattern_[i]) || pattern_[i] == ','); ++i) {
      (pattern_[i] == ',' ? commas : digits) += 1;
    }
    if (i >= pattern_.size() || pattern_[i] != '}' || digits == 0 || commas > 1) return false;
    SOTTO_RETURN_IF_ERROR(BeginQuantifier());
    const std::string_view bounds = pattern_.substr(at_ + 1, i - at_ - 1);
    out_ += StrCat("{", bounds[0] == ',' ? "0" : "", bounds, "}");
    at_ = i + 1;
    repeated_ = commas > 0 ? Repeated::kByInterval : Repeated::kWholly;
    return true;
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
            .negative_look_behind = around.negative_look_behind};
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

  // (?i) or (?i-m:...; Ruby's m lets the dot match a line's end, as PCRE2's s does.
  absl::Status OpenOptions() {
    std::string out = "(?";
    for (size_t i = at_ + 2; i < pattern_.size(); ++i) {
      const char c = pattern_[i];
      if (c == ')' || c == ':') {
        // Amid an expression, how far such options reach differs between the two.
        if (c == ')' && at_ > 0) break;
        if (c == ':') groups_.push_back(NewGroup());
        Copy(out + c, i + 1 - at_);
        return absl::OkStatus();
      }
      if (c != 'i' && c != 'm' && c != '-') break;
      out.push_back(c == 'm' ? 's' : c);
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
