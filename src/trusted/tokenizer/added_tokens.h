// Finds added tokens (<|eot_id|>, </s>) in text.
#ifndef SOTTO_TRUSTED_TOKENIZER_ADDED_TOKENS_H_
#define SOTTO_TRUSTED_TOKENIZER_ADDED_TOKENS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "base/status.h"

namespace sotto {

// A text may be looked at once for each byte of the longest content.
inline constexpr size_t kMaxAddedTokenBytes = 512;

// An entry of tokenizer.json's `added_tokens`.
struct AddedToken {
  int32_t id = 0;
  std::string content;
  bool special = false;
  bool lstrip = false;      // takes the white space before it
  bool rstrip = false;      // takes the white space after it
  bool normalized = false;  // looked for in normalised text, not in text as given
};

// A set of contents, as a trie. Immutable once filled.
class AddedTokenMatcher {
 public:
  // Of equal contents the first counts. REQUIRES: token.content is not empty.
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
  struct Node {
    int32_t token = -1;  // index into tokens_ of the content that ends here
  };
  struct Match {
    size_t length = 0;  // 0: none
    const AddedToken* token = nullptr;
  };

  static uint64_t Edge(uint32_t node, char c) {
    return uint64_t{node} << 8 | static_cast<uint8_t>(c);
  }
  Match LongestAt(std::string_view text) const;

  std::vector<AddedToken> tokens_;
  std::vector<Node> nodes_{Node{}};
  absl::flat_hash_map<uint64_t, uint32_t> edges_;
  std::array<bool, 256> first_bytes_{};
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_ADDED_TOKENS_H_
