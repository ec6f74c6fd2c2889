#include "base/closest_word.h"

#include <algorithm>
#include <vector>

namespace sotto {
namespace {

// Three rows of the dynamic program: that of i, of i - 1 and of i - 2 characters of `a`.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1), above(b.size() + 1), two_above(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, substituted});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
    std::swap(two_above, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

// The only one that begins so.
std::string OnlyContinuation(std::string_view word, std::span<const std::string> known) {
  constexpr size_t kShortest = 4;
  std::string found;
  for (const std::string& candidate : known) {
    if (word.size() < kShortest || !candidate.starts_with(word)) continue;
    if (!found.empty()) return "";
    found = candidate;
  }
  return found;
}

}  // namespace

std::string ClosestWord(std::string_view word, std::span<const std::string> known) {
  constexpr size_t kLongest = 64;  // No flag is longer; the time grows with the square.
  if (word.size() > kLongest) return "";
  std::string closest = OnlyContinuation(word, known);
  if (!closest.empty()) return closest;
  size_t least = word.size() / 3 + 1;
  for (const std::string& candidate : known) {
    const size_t distance = Distance(word, candidate);
    if (distance >= least) continue;
    least = distance;
    closest = candidate;
  }
  return closest;
}

}  // namespace sotto
