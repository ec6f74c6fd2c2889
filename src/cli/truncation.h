// What becomes of a prompt with more tokens than a row has positions.
#ifndef SOTTO_CLI_TRUNCATION_H_
#define SOTTO_CLI_TRUNCATION_H_

#include <array>
#include <string_view>

namespace sotto {

enum class Truncation {
  kError,  // nothing is run
  kLeft,   // its last tokens stay, behind the BOS that the tokenizer's template gave it
  kRight,  // its first tokens stay
};

// Of --truncate and of the result, in the order of the enumerators.
inline constexpr std::array<std::string_view, 3> kTruncationNames = {"error", "left", "right"};

}  // namespace sotto

#endif  // SOTTO_CLI_TRUNCATION_H_
