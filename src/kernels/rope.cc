#include "kernels/rope.h"

#include <cmath>

#include "base/check.h"

namespace sotto {

void FillRopeTable(std::span<const double> inverse_frequencies, size_t first_position,
                   MatrixView<float> cos, MatrixView<float> sin) {
  const size_t half = inverse_frequencies.size();
  SOTTO_CHECK(cos.cols() == half && sin.cols() == half && cos.rows() == sin.rows());
  for (size_t r = 0; r < cos.rows(); ++r) {
    for (size_t i = 0; i < half; ++i) {
      const double angle = static_cast<double>(first_position + r) * inverse_frequencies[i];
      cos(r, i) = static_cast<float>(std::cos(angle));
      sin(r, i) = static_cast<float>(std::sin(angle));
    }
  }
}

void RotateHead(const float* x, const float* cos, const float* sin, size_t half, float* y) {
  for (size_t i = 0; i < half; ++i) {
    const float a = x[i], b = x[i + half];
    y[i] = a * cos[i] - b * sin[i];
    y[i + half] = b * cos[i] + a * sin[i];
  }
}

}  // namespace sotto
