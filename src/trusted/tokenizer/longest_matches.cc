#include "trusted/tokenizer/longest_matches.h"

#include <algorithm>
#include <numeric>

namespace sotto {
namespace {

// Much longer than keys are, which are read once more at its end.
constexpr size_t kBlock = 4096;

}  // namespace

int32_t LongestMatches::Add(std::string_view key, int32_t value) {
  first_bytes_[static_cast<uint8_t>(key[0])] = true;
  for (int second = 0; second < 256; ++second) {
    const char c = key.size() > 1 ? key[1] : static_cast<char>(second);
    pairs_.set(Pair(key[0], c));
  }
  longest_ = std::max(longest_, key.size());
  uint32_t node = 0;
  for (size_t i = key.size(); i-- > 0;) {
    const auto next = static_cast<uint32_t>(nodes_.size());
    const auto [it, inserted] = edges_.try_emplace(Edge(node, key[i]), next);
    if (inserted) {
      nodes_.push_back({.parent = node, .depth = nodes_[node].depth + 1, .byte = key[i]});
    }
    node = it->second;
  }
  if (nodes_[node].value == kNone) nodes_[node].value = value;
  return nodes_[node].value;
}

// What a node's parent ends in, shorter than itself, has been seen to before it.
void LongestMatches::Finish() {
  std::vector<uint32_t> order(nodes_.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return nodes_[a].depth < nodes_[b].depth; });
  for (const uint32_t i : order) {
    Node& node = nodes_[i];
    if (node.depth > 1) node.suffix = Next(nodes_[node.parent].suffix, node.byte);
    if (node.value == kNone) node.value = nodes_[node.suffix].value;
  }
}

uint32_t LongestMatches::Next(uint32_t node, char c) const {
  for (;; node = nodes_[node].suffix) {
    const auto it = edges_.find(Edge(node, c));
    if (it != edges_.end()) return it->second;
    if (node == 0) return 0;
  }
}

void LongestMatches::Scan::Read(size_t begin) {
  const size_t size = std::min(text_.size() - begin, kBlock);
  begin_ = begin;
  values_.resize(size);
  uint32_t node = 0;
  for (size_t i = std::min(text_.size(), begin + size + matches_.longest_ - 1); i-- > begin;) {
    node = matches_.Next(node, text_[i]);
    if (i < begin + size) values_[i - begin] = matches_.nodes_[node].value;
  }
}

}  // namespace sotto
