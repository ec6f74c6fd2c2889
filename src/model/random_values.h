// A counter-based generator: element i of a tensor is a function of (key, i) alone, so any thread
// can make any part.
#ifndef SOTTO_MODEL_RANDOM_VALUES_H_
#define SOTTO_MODEL_RANDOM_VALUES_H_

#include <cstddef>
#include <cstdint>

#include "model/dtype.h"

namespace sotto {

// Not cryptographic: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
constexpr uint64_t MixBits(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// Writes elements [begin, begin + count) of the tensor with this `key` to `target`, count x
// DTypeSize(dtype) bytes: mean 0, uniform with the given standard deviation.
// REQUIRES: begin divides by 4.
void RandomValues(uint64_t key, uint64_t begin, size_t count, float standard_deviation, DType dtype,
                  uint8_t* target);

}  // namespace sotto

#endif  // SOTTO_MODEL_RANDOM_VALUES_H_
