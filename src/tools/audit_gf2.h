// Linear algebra modulo 2, where every ring-linear relation modulo 2^32 still shows.
#ifndef SOTTO_TOOLS_AUDIT_GF2_H_
#define SOTTO_TOOLS_AUDIT_GF2_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sotto {

// The span of the vectors added so far, in echelon form.
class Gf2Basis {
 public:
  explicit Gf2Basis(size_t columns) : columns_(columns), by_pivot_(columns) {}

  // Lowest bits of words; words.size() is the number of columns.
  void Add(std::span<const uint32_t> words);
  bool Contains(std::span<const uint32_t> words) const;
  size_t rank() const { return rank_; }

 private:
  using Bits = std::vector<uint64_t>;
  // What is left of `words` after subtracting the basis, and its first non-zero column (columns_
  // when nothing is left).
  size_t Reduce(std::span<const uint32_t> words, Bits& rest) const;

  size_t columns_, rank_ = 0;
  std::vector<Bits> by_pivot_;  // Empty where no vector has that first column.
};

}  // namespace sotto

#endif  // SOTTO_TOOLS_AUDIT_GF2_H_
