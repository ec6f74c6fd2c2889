// A set of byte strings that begins to match at any place of a text.
#ifndef SOTTO_TRUSTED_TOKENIZER_BYTE_TRIE_H_
#define SOTTO_TRUSTED_TOKENIZER_BYTE_TRIE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace sotto {

// Immutable.
class ByteTrie {
 public:
  using Entry = std::pair<std::string_view, int32_t>;  // key and value

  ByteTrie() : ByteTrie(std::vector<Entry>()) {}
  // REQUIRES: no key is empty, or there twice; values are not negative.
  explicit ByteTrie(std::vector<Entry> entries);

  // Calls visit(length, value) for each key that `text` begins with, shortest first.
  template <typename Visit>
  void EachPrefix(std::string_view text, Visit visit) const {
    const Node* const nodes = nodes_.data();
    const Node* node = nodes;
    for (size_t i = 0; i < text.size(); ++i) {
      node = Child(nodes, *node, static_cast<uint8_t>(text[i]));
      if (node == nullptr) break;
      if (node->value != kNone) visit(i + 1, node->value);
    }
  }

 private:
  static constexpr int32_t kNone = -1;

  // Its children stand together, by their bytes.
  struct Node {
    uint32_t children = 0;
    int32_t value = kNone;
    uint16_t count = 0;
    uint8_t byte = 0;  // that leads to it
  };

  // nullptr: none.
  static const Node* Child(const Node* nodes, const Node& node, uint8_t byte) {
    const Node *begin = nodes + node.children, *end = begin + node.count;
    while (end - begin > 4) {
      const Node* const middle = begin + (end - begin) / 2;
      (middle->byte > byte ? end : begin) = middle;
    }
    for (; begin < end; ++begin) {
      if (begin->byte == byte) return begin;
    }
    return nullptr;
  }

  std::vector<Node> nodes_;  // level by level
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_BYTE_TRIE_H_
