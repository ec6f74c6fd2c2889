// Finds added tokens (<|eot_id|>, </s>) in text.
#ifndef SOTTO_TRUSTED_TOKENIZER_ADDED_TOKENS_H_
#define SOTTO_TRUSTED_TOKENIZER_ADDED_TOKENS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/status.h"
#include "trusted/tokenizer/longest_matches.h"

namespace sotto {

// Much less than what a text is looked through in at a time.
inline constexpr size_t kMaxAddedTokenBytes = 512;

// An entry of tokenizer.json's `added_tokens`.
struct AddedToken {
  int32_t id = 0;
  std::string content;
  bool special = false;
  bool lstrip = false;       // takes the white space before it
  bool rstrip = false;       // takes the white space after it
  bool normalized = false;   // looked for in normalised text, not in text as given
  bool single_word = false;  // only where no character of a word stands beside it

  bool operator==(const AddedToken&) const = default;
};

// A set of contents. Immutable.
class AddedTokenMatcher {
 public:
  AddedTokenMatcher() = default;
  // Finds their contents. Of equal ones the first counts. REQUIRES: none is empty.
  explicit AddedTokenMatcher(std::span<const AddedToken> tokens);
  bool empty() const { return tokens_.empty(); }

  // Bytes of a text.
  struct Range {
    size_t begin = 0, end = 0;
  };

  // Cuts `text` at its leftmost-longest added tokens: calls on_text for each non-empty stretch
  // between them and on_token for each token, in order, as find_matches() of the reference's
  // added_vocabulary.rs does. A token that would begin or end inside one of `plain`, which are
  // disjoint and rise, is none. Stops at the first error. Takes O(text.size()).
  absl::Status Split(std::string_view text,
                     absl::FunctionRef<absl::Status(std::string_view)> on_text,
                     absl::FunctionRef<void(int32_t id)> on_token,
                     std::span<const Range> plain = {}) const;

 private:
  std::vector<AddedToken> tokens_;
  LongestMatches contents_;  // to an index into tokens_
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_ADDED_TOKENS_H_
