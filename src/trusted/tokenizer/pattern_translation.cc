#include "trusted/tokenizer/pattern_translation.h"

#include <vector>

#include "base/strings.h"
#include "base/utf8.h"
#include "trusted/tokenizer/character_class.h"

namespace sotto {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

class Translator {
 public:
  explicit Translator(std::string_view pattern) : pattern_(pattern) {}

  absl::StatusOr<std::string> Run() {
    while (at_ < pattern_.size()) SOTTO_RETURN_IF_ERROR(Step());
    return std::move(out_);
  }

 private:
  std::string_view rest() const { return pattern_.substr(at_); }

  // The part of the expression that a quantifier after it repeats.
  void AddAtom(std::string_view text, size_t length) {
    atom_ = out_.size();
    out_.append(text);
    at_ += length;
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
    if (c == ')') {
      const size_t begin = groups_.empty() ? out_.size() : groups_.back();
      if (!groups_.empty()) groups_.pop_back();
      AddAtom(")", 1);
      atom_ = begin;
      return absl::OkStatus();
    }
    if (c == '{' && StepInterval()) return absl::OkStatus();
    if (c == '*' || c == '+' || c == '?') {
      out_.push_back(c);
      ++at_;
      return absl::OkStatus();
    }
    const size_t length = NextUtf8(rest()).length;
    AddAtom(rest().substr(0, length), length);
    return absl::OkStatus();
  }

  absl::Status StepEscape() {
    const char c = at_ + 1 < pattern_.size() ? pattern_[at_ + 1] : '\0';
    if (c == 'A' || c == 'z' || c == 'Z') {
      AddAtom(rest().substr(0, 2), 2);
      return absl::OkStatus();
    }
    if (c == 'b' || c == 'B') {
      const std::string w = SetExpression(WordOutsideBrackets(), false);
      AddAtom(c == 'b' ? StrCat("(?:(?<=", w, ")(?!", w, ")|(?<!", w, ")(?=", w, "))")
                       : StrCat("(?:(?<=", w, ")(?=", w, ")|(?<!", w, ")(?!", w, "))"),
              2);
      return absl::OkStatus();
    }
    SOTTO_ASSIGN_OR_RETURN(PatternEscape escape, ParsePatternEscape(rest()));
    if (c == 'w' || c == 'W') escape.set = WordOutsideBrackets();
    AddAtom(escape.set.has_value() ? SetExpression(*escape.set, escape.negated) : escape.character,
            escape.length);
    return absl::OkStatus();
  }

  // {n}, {n,}, {,m} and {n,m}; false: a brace that is none of these. A + after one repeats the
  // whole again, in Ruby's syntax, where PCRE2 would not give back what it took.
  bool StepInterval() {
    size_t i = at_ + 1, digits = 0, commas = 0;
    for (; i < pattern_.size() && (IsDigit(pattern_[i]) || pattern_[i] == ','); ++i) {
      (pattern_[i] == ',' ? commas : digits) += 1;
    }
    if (i >= pattern_.size() || pattern_[i] != '}' || digits == 0 || commas > 1) return false;
    const std::string_view bounds = pattern_.substr(at_ + 1, i - at_ - 1);
    out_ += StrCat("{", bounds[0] == ',' ? "0" : "", bounds, "}");
    at_ = i + 1;
    if (at_ < pattern_.size() && pattern_[at_] == '+' && atom_ < out_.size()) {
      out_.insert(atom_, "(?:");
      out_ += ")";
    }
    return true;
  }

  absl::Status OpenGroup() {
    groups_.push_back(out_.size());
    if (!rest().starts_with("(?")) {
      if (rest().starts_with("(*")) return UnsupportedPattern("(*");
      AddAtom("(", 1);
      return absl::OkStatus();
    }
    for (const std::string_view opening : {"(?:", "(?=", "(?!", "(?>", "(?<=", "(?<!"}) {
      if (!rest().starts_with(opening)) continue;
      AddAtom(opening, opening.size());
      return absl::OkStatus();
    }
    return OpenOptions();
  }

  // (?i) or (?i-m:...; Ruby's m lets the dot match a line's end, as PCRE2's s does.
  absl::Status OpenOptions() {
    std::string out = "(?";
    for (size_t i = at_ + 2; i < pattern_.size(); ++i) {
      const char c = pattern_[i];
      if (c == ')' || c == ':') {
        // Amid an expression, how far such options reach differs between the two.
        if (c == ')' && at_ > 0) break;
        AddAtom(out + c, i + 1 - at_);
        if (c == ')') groups_.pop_back();
        return absl::OkStatus();
      }
      if (c != 'i' && c != 'm' && c != '-') break;
      out.push_back(c == 'm' ? 's' : c);
    }
    return UnsupportedPattern(rest().substr(0, 3));
  }

  std::string_view pattern_;
  size_t at_ = 0;
  std::string out_;
  size_t atom_ = 0;             // where it begins in out_
  std::vector<size_t> groups_;  // where those that are open begin in out_
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
