// What the two servers of a relay compute, over any ring: production instantiates it with 32-bit
// words, the secrecy test with rings so small that every mask can be enumerated.
#ifndef SOTTO_PROTOCOL_RELAY_WORDS_H_
#define SOTTO_PROTOCOL_RELAY_WORDS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sotto {

// The source: product += M, the mask's first words. Nothing else of the product leaves.
template <typename Word, typename Expander>
void AddRelayMask(Expander& mask, std::span<Word> product) {
  Word words[256];
  for (size_t at = 0; at < product.size();) {
    const size_t n = std::min(std::size(words), product.size() - at);
    mask.Expand(at, std::span<Word>(words, n));
    for (size_t i = 0; i < n; ++i) product[at + i] += words[i];
    at += n;
  }
}

// The sink: product += what the source sent, of which only the first words are used.
template <typename Word>
void AddRelayed(std::span<const Word> relayed, std::span<Word> product) {
  for (size_t i = 0; i < product.size(); ++i) product[i] += relayed[i];
}

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_RELAY_WORDS_H_
