#include "trusted/tokenizer/byte_trie.h"

#include <algorithm>

namespace sotto {
namespace {

// The entries that begin with what leads to a node.
struct Stretch {
  size_t begin, end;
  size_t depth;
};

}  // namespace

ByteTrie::ByteTrie(std::vector<Entry> entries) : nodes_(1) {
  std::sort(entries.begin(), entries.end());
  std::vector<Stretch> stretches = {{0, entries.size(), 0}};
  for (size_t node = 0; node < nodes_.size(); ++node) {
    auto [at, end, depth] = stretches[node];
    if (at < end && depth > 0 && entries[at].first.size() == depth) {
      nodes_[node].value = entries[at++].second;
    }
    nodes_[node].children = static_cast<uint32_t>(nodes_.size());
    while (at < end) {
      const char byte = entries[at].first[depth];
      const size_t begin = at;
      while (at < end && entries[at].first[depth] == byte) ++at;
      stretches.push_back({begin, at, depth + 1});
      nodes_.push_back({.byte = static_cast<uint8_t>(byte)});
      ++nodes_[node].count;
    }
  }
}

}  // namespace sotto
