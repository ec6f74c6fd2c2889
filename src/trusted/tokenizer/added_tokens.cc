#include "trusted/tokenizer/added_tokens.h"

#include <algorithm>

#include "base/check.h"
#include "base/utf8.h"

namespace sotto {
namespace {

// The White_Space property.
bool IsSpace(char32_t c) {
  return (c >= 0x9 && c <= 0xd) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

size_t LeadingSpace(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const Utf8Step step = NextUtf8(text.substr(i));
    if (!IsSpace(step.character)) break;
    i += step.length;
  }
  return i;
}

// Where the white space that ends `text` begins.
size_t TrailingSpaceBegin(std::string_view text) {
  size_t begin = text.size();
  while (begin > 0) {
    size_t i = begin - 1;
    while (i > 0 && (static_cast<uint8_t>(text[i]) & 0xc0) == 0x80) --i;
    if (!IsSpace(NextUtf8(text.substr(i)).character)) break;
    begin = i;
  }
  return begin;
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
  first_bytes_[static_cast<uint8_t>(token.content[0])] = true;
  uint32_t node = 0;
  for (const char c : token.content) {
    const auto next = static_cast<uint32_t>(nodes_.size());
    const auto [it, inserted] = edges_.try_emplace(Edge(node, c), next);
    if (inserted) nodes_.push_back({});
    node = it->second;
  }
  if (nodes_[node].token >= 0) return;  // Of equal contents the reference finds the first.
  nodes_[node].token = static_cast<int32_t>(tokens_.size());
  tokens_.push_back(token);
}

AddedTokenMatcher::Match AddedTokenMatcher::LongestAt(std::string_view text) const {
  Match match;
  uint32_t node = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto it = edges_.find(Edge(node, text[i]));
    if (it == edges_.end()) break;
    node = it->second;
    if (nodes_[node].token >= 0) match = {i + 1, &tokens_[nodes_[node].token]};
  }
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
    const Match match =
        first_bytes_[static_cast<uint8_t>(text[i])] ? LongestAt(text.substr(i)) : Match{};
    while (!plain.empty() && plain.front().end <= i) plain = plain.subspan(1);
    const bool overlaps = !plain.empty() && plain.front().begin < i + match.length;
    if (match.length == 0 || overlaps) {
      ++i;
      continue;
    }
    size_t begin = i;
    if (match.token->lstrip && begin > done) {
      begin = done + TrailingSpaceBegin(text.substr(done, begin - done));
    }
    if (begin > done) SOTTO_RETURN_IF_ERROR(on_text(text.substr(done, begin - done)));
    on_token(match.token->id);
    i += match.length;
    done = match.token->rstrip ? spaces.EndFrom(i) : i;
  }
  return done < text.size() ? on_text(text.substr(done)) : absl::OkStatus();
}

}  // namespace sotto
