// Which word a misspelt one was probably meant to be.
#ifndef SOTTO_BASE_CLOSEST_WORD_H_
#define SOTTO_BASE_CLOSEST_WORD_H_

#include <span>
#include <string>
#include <string_view>

namespace sotto {

// The word of `known` that begins with `word`, if there is one only and `word` has four characters
// or more; otherwise the one that takes the fewest insertions, deletions, substitutions and swaps
// of neighbours (optimal string alignment distance), the first of several; empty when even that
// takes more than a third of the word's length.
std::string ClosestWord(std::string_view word, std::span<const std::string> known);

}  // namespace sotto

#endif  // SOTTO_BASE_CLOSEST_WORD_H_
