// Rotary position embedding (Su et al. 2021) in Hugging Face's layout: within a head, element i
// turns together with element i + head_dim / 2.
#ifndef SOTTO_KERNELS_ROPE_H_
#define SOTTO_KERNELS_ROPE_H_

#include <cstddef>
#include <span>

#include "base/matrix.h"

namespace sotto {

// cos and sin of position * inverse_frequency: both [positions, head_dim / 2], row p for position
// p.
struct RopeTable {
  ConstMatrixView<float> cos, sin;
};

// Fills cos and sin, both [positions, inverse_frequencies.size()], rounding once from double.
// Row r is position first_position + r.
void FillRopeTable(std::span<const double> inverse_frequencies, size_t first_position,
                   MatrixView<float> cos, MatrixView<float> sin);

// y[i] = x[i] cos[i] - x[i+half] sin[i],  y[i+half] = x[i+half] cos[i] + x[i] sin[i], i < half.
// x, y: [2 * half]; cos, sin: [half]. In place: y may be x.
void RotateHead(const float* x, const float* cos, const float* sin, size_t half, float* y);

}  // namespace sotto

#endif  // SOTTO_KERNELS_ROPE_H_
