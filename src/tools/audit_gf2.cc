#include "tools/audit_gf2.h"

#include <utility>

namespace sotto {

void Gf2Basis::Add(std::span<const uint32_t> words) {
  Bits rest;
  const size_t pivot = Reduce(words, rest);
  if (pivot == columns_) return;
  by_pivot_[pivot] = std::move(rest);
  ++rank_;
}

bool Gf2Basis::Contains(std::span<const uint32_t> words) const {
  Bits rest;
  return Reduce(words, rest) == columns_;
}

size_t Gf2Basis::Reduce(std::span<const uint32_t> words, Bits& rest) const {
  rest.assign((columns_ + 63) / 64, 0);
  for (size_t i = 0; i < columns_; ++i) rest[i / 64] |= uint64_t{words[i] & 1} << (i % 64);
  for (size_t i = 0; i < columns_; ++i) {
    if ((rest[i / 64] >> (i % 64) & 1) == 0) continue;
    if (by_pivot_[i].empty()) return i;
    for (size_t k = i / 64; k < rest.size(); ++k) rest[k] ^= by_pivot_[i][k];
  }
  return columns_;
}

}  // namespace sotto
