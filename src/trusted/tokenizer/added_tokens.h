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
#include "trusted/tokenizer/byte_trie.h"

namespace sotto {

// A text may be looked at once for each byte of the longest content.
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

// A set of contents, as a trie. Immutable once filled.
class AddedTokenMatcher {
 public:
  // Finds token.content. Of equal contents the first counts. REQUIRES: it is not empty.
  void Add(const AddedToken& token);
  bool empty() const { return tokens_.empty(); }

  // Bytes of a text.
  struct Range {
    size_t begin = 0, end = 0;
  };

  // Cuts `text` at its leftmost-longest added tokens: calls on_text for each non-empty stretch
  // between them and on_token for each token, in order, as find_matches() of the reference's
  // added_vocabulary.rs does. A token that would begin or end inside one of `plain`, which are
  // disjoint and rise, is none. Stops at the first error. Takes O(text.size() x longest content).
  absl::Status Split(std::string_view text,
                     absl::FunctionRef<absl::Status(std::string_view)> on_text,
                     absl::FunctionRef<void(int32_t id)> on_token,
                     std::span<const Range> plain = {}) const;

 private:
  struct Match {
    size_t length = 0;  // 0: none
    const AddedToken* token = nullptr;
  };

  Match LongestAt(std::string_view text) const;

  std::vector<AddedToken> tokens_;
  ByteTrie contents_;  // to an index into tokens_
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_ADDED_TOKENS_H_
