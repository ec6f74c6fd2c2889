#include "trusted/tokenizer/added_tokens.h"

#include <algorithm>

#include "base/check.h"
#include "base/utf8.h"
#include "trusted/tokenizer/white_space.h"
#include "trusted/tokenizer/word_characters.h"

namespace sotto {
namespace {

// Whether no character of a word touches [begin, begin + length) of `text`.
bool StandsAlone(std::string_view text, size_t begin, size_t length) {
  size_t before = begin;
  while (before > 0 && (static_cast<uint8_t>(text[--before]) & 0xc0) == 0x80) {
  }
  if (begin > 0 && IsRustWord(NextUtf8(text.substr(before)).character)) return false;
  const std::string_view after = text.substr(begin + length);
  return after.empty() || !IsRustWord(NextUtf8(after).character);
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

AddedTokenMatcher::AddedTokenMatcher(std::span<const AddedToken> tokens) {
  for (const AddedToken& token : tokens) {
    SOTTO_CHECK(!token.content.empty());
    const auto index = static_cast<int32_t>(tokens_.size());
    if (contents_.Add(token.content, index) == index) tokens_.push_back(token);
  }
  contents_.Finish();
}

// The white space that a token takes still holds tokens: they are looked for in the text as it
// stands, from the end of the last one's content on, and each gives its id. What is left of the
// white space behind the last such token is text again. The reference does both.
absl::Status AddedTokenMatcher::Split(std::string_view text,
                                      absl::FunctionRef<absl::Status(std::string_view)> on_text,
                                      absl::FunctionRef<void(int32_t id)> on_token,
                                      std::span<const Range> plain) const {
  SpaceRuns spaces(text);
  LongestMatches::Scan contents(contents_, text);
  size_t done = 0;  // Where text goes on; may lie behind i, in white space that a token took.
  for (size_t i = contents.Candidate(0); i < text.size(); i = contents.Candidate(i)) {
    const int32_t index = contents.At(i);
    if (index == LongestMatches::kNone) {
      ++i;
      continue;
    }
    const AddedToken& token = tokens_[static_cast<size_t>(index)];
    const size_t length = token.content.size();
    while (!plain.empty() && plain.front().end <= i) plain = plain.subspan(1);
    if (!plain.empty() && plain.front().begin < i + length) {
      ++i;
      continue;
    }
    if (token.single_word && !StandsAlone(text, i, length)) {
      i += length;  // What overlaps with it is not looked for, as in the reference.
      continue;
    }
    size_t begin = i;
    if (token.lstrip) {
      begin = i > done ? done + TrailingSpaceBegin(text.substr(done, i - done)) : done;
    }
    i += length;
    const size_t end = token.rstrip ? spaces.EndFrom(i) : i;
    if (begin > done) SOTTO_RETURN_IF_ERROR(on_text(text.substr(done, begin - done)));
    // Of a token that takes what stands before it nothing is left where another took all of it.
    if (!token.lstrip || begin < end) on_token(token.id);
    done = std::max(token.lstrip ? done : 0, end);
  }
  return done < text.size() ? on_text(text.substr(done)) : absl::OkStatus();
}

}  // namespace sotto
