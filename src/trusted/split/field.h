// The field F_p, p = 2^61 - 1 (a Mersenne prime), in which answers are verified. Every function is
// straight-line code: constant-time in its operands.
#ifndef SOTTO_TRUSTED_SPLIT_FIELD_H_
#define SOTTO_TRUSTED_SPLIT_FIELD_H_

#include <cstdint>

namespace sotto {

__extension__ using Uint128 = unsigned __int128;

inline constexpr uint64_t kFieldPrime = (uint64_t{1} << 61) - 1;

// `value` modulo p, in [0, p).
inline uint64_t FieldReduce(uint64_t value) {
  const uint64_t folded = (value & kFieldPrime) + (value >> 61);  // <= p + 7
  const uint64_t below = folded - kFieldPrime;
  const uint64_t borrow = uint64_t{0} - (below >> 63);  // All ones when folded < p.
  return below + (kFieldPrime & borrow);
}

inline uint64_t FieldReduce128(Uint128 value) {
  // 2^61 = 1: the three 61-bit digits are added; their sum is below 2^62 + 2^6.
  const uint64_t low = static_cast<uint64_t>(value) & kFieldPrime;
  const uint64_t middle = static_cast<uint64_t>(value >> 61) & kFieldPrime;
  return FieldReduce(low + middle + static_cast<uint64_t>(value >> 122));
}

// a, b in [0, p).
inline uint64_t FieldAdd(uint64_t a, uint64_t b) { return FieldReduce(a + b); }
inline uint64_t FieldSubtract(uint64_t a, uint64_t b) { return FieldReduce(a + kFieldPrime - b); }
inline uint64_t FieldMultiply(uint64_t a, uint64_t b) { return FieldReduce128(Uint128{a} * b); }

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_FIELD_H_
