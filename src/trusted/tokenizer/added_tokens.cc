#include "trusted/tokenizer/added_tokens.h"

#include <algorithm>

#include "base/check.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "trusted/tokenizer/split_pattern.h"
#include "trusted/tokenizer/unicode_classes.h"
#include "trusted/tokenizer/white_space.h"

namespace sotto {
namespace {

// Of one character.
bool IsRustWord(std::string_view character) {
  static const SplitPattern& word = *new SplitPattern(*SplitPattern::CompilePcre2(
      StrCat("[", RustWordMembers(), "]"), SplitPattern::Engine::kInterpreter));
  MatchBudget budget(character.size());
  bool found = false;
  const auto sink = [&](PatternMatch match) {
    found = match.matched;
    return absl::OkStatus();
  };
  return word.EachMatch(character, budget, sink).ok() && found;
}

// Whether no character of a word touches [begin, begin + length) of `text`.
bool StandsAlone(std::string_view text, size_t begin, size_t length) {
  size_t before = begin;
  while (before > 0 && (static_cast<uint8_t>(text[--before]) & 0xc0) == 0x80) {
  }
  if (begin > 0 && IsRustWord(text.substr(before, begin - before))) return false;
  const std::string_view after = text.substr(begin + length);
  return after.empty() || !IsRustWord(after.substr(0, NextUtf8(after).length));
}

// Where the white space behind a token ends. A run is measured once, however many tokens stand in
// it.
class SpaceRuns {
 public:
  explicit SpaceRuns(std::string_view text) : text_(text) {}
  size_t EndFrom(size_t at) {
    if (at < begin_ || at > end_) {
      begin_ = at;
      end_ = at + LeadingSpace(text_.substr(at));
    }
    return end_;
  }

 private:
  std::string_view text_;
  size_t begin_ = 0, end_ = 0;
};

}  // namespace

void AddedTokenMatcher::Add(const AddedToken& token) {
  SOTTO_CHECK(!token.content.empty());
  const auto index = static_cast<int32_t>(tokens_.size());
  if (contents_.Add(token.content, index) == index) tokens_.push_back(token);
}

AddedTokenMatcher::Match AddedTokenMatcher::LongestAt(std::string_view text) const {
  Match match;
  contents_.EachPrefix(text, [&](size_t length, int32_t index) {
    match = {length, &tokens_[static_cast<size_t>(index)]};
  });
  return match;
}

// The white space that a token takes still holds tokens: they are looked for in the text as it
// stands, from the end of the last one's content on, and each gives its id. What is left of the
// white space behind the last such token is text again. The reference does both.
absl::Status AddedTokenMatcher::Split(std::string_view text,
                                      absl::FunctionRef<absl::Status(std::string_view)> on_text,
                                      absl::FunctionRef<void(int32_t id)> on_token,
                                      std::span<const Range> plain) const {
  SpaceRuns spaces(text);
  size_t done = 0;  // Where text goes on; may lie behind i, in white space that a token took.
  for (size_t i = 0; i < text.size();) {
    const Match match = contents_.Begins(text[i]) ? LongestAt(text.substr(i)) : Match{};
    while (!plain.empty() && plain.front().end <= i) plain = plain.subspan(1);
    const bool overlaps = !plain.empty() && plain.front().begin < i + match.length;
    if (match.length == 0 || overlaps) {
      ++i;
      continue;
    }
    if (match.token->single_word && !StandsAlone(text, i, match.length)) {
      i += match.length;  // What overlaps with it is not looked for, as in the reference.
      continue;
    }
    size_t begin = i;
    if (match.token->lstrip) {
      begin = i > done ? done + TrailingSpaceBegin(text.substr(done, i - done)) : done;
    }
    i += match.length;
    const size_t end = match.token->rstrip ? spaces.EndFrom(i) : i;
    if (begin > done) SOTTO_RETURN_IF_ERROR(on_text(text.substr(done, begin - done)));
    // Of a token that takes what stands before it nothing is left where another took all of it.
    if (!match.token->lstrip || begin < end) on_token(match.token->id);
    done = std::max(match.token->lstrip ? done : 0, end);
  }
  return done < text.size() ? on_text(text.substr(done)) : absl::OkStatus();
}

}  // namespace sotto
