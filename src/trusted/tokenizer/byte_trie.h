// A set of byte strings that begins to match at any place of a text.
#ifndef SOTTO_TRUSTED_TOKENIZER_BYTE_TRIE_H_
#define SOTTO_TRUSTED_TOKENIZER_BYTE_TRIE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace sotto {

class ByteTrie {
 public:
  static constexpr int32_t kNone = -1;

  // Adds `key` and returns its value: `value`, or that which it was added with before. REQUIRES:
  // key is not empty; value >= 0.
  int32_t Add(std::string_view key, int32_t value) {
    first_bytes_[static_cast<uint8_t>(key[0])] = true;
    uint32_t node = 0;
    for (const char c : key) {
      const auto next = static_cast<uint32_t>(values_.size());
      const auto [it, inserted] = edges_.try_emplace(Edge(node, c), next);
      if (inserted) values_.push_back(kNone);
      node = it->second;
    }
    if (values_[node] == kNone) values_[node] = value;
    return values_[node];
  }

  bool empty() const { return edges_.empty(); }
  // Whether a key begins with this byte.
  bool Begins(char c) const { return first_bytes_[static_cast<uint8_t>(c)]; }

  // Calls visit(length, value) for each key that `text` begins with, shortest first.
  template <typename Visit>
  void EachPrefix(std::string_view text, Visit visit) const {
    uint32_t node = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      const auto it = edges_.find(Edge(node, text[i]));
      if (it == edges_.end()) break;
      node = it->second;
      if (values_[node] != kNone) visit(i + 1, values_[node]);
    }
  }

 private:
  static uint64_t Edge(uint32_t node, char c) {
    return uint64_t{node} << 8 | static_cast<uint8_t>(c);
  }

  std::vector<int32_t> values_{kNone};  // by node
  absl::flat_hash_map<uint64_t, uint32_t> edges_;
  std::array<bool, 256> first_bytes_{};
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_BYTE_TRIE_H_
