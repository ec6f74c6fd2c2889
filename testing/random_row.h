// Seeded rows of floats. Test-only.
#ifndef SOTTO_TESTING_RANDOM_ROW_H_
#define SOTTO_TESTING_RANDOM_ROW_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace sotto {

// Normal, mean 0, standard deviation `scale`.
inline std::vector<float> RandomRow(size_t n, float scale, uint32_t seed) {
  std::mt19937 rng(seed);
  std::normal_distribution<float> normal(0.0f, scale);
  std::vector<float> x(n);
  for (float& v : x) v = normal(rng);
  return x;
}

}  // namespace sotto

#endif  // SOTTO_TESTING_RANDOM_ROW_H_
