// The truth that every kernel is tested against: each operation in plain double-precision loops,
// written to be read beside the papers. Slow; for tests only.
#ifndef SOTTO_KERNELS_REFERENCE_H_
#define SOTTO_KERNELS_REFERENCE_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/check.h"

namespace sotto::reference {

using Row = std::vector<double>;
using Rows = std::vector<Row>;  // [rows][cols]

// y = x W^T; x [m][k], w [n][k].
inline Rows MatMul(const Rows& x, const Rows& w) {
  Rows y(x.size(), Row(w.size(), 0.0));
  for (size_t i = 0; i < x.size(); ++i) {
    for (size_t j = 0; j < w.size(); ++j) {
      for (size_t k = 0; k < x[i].size(); ++k) y[i][j] += x[i][k] * w[j][k];
    }
  }
  return y;
}

// y = x W^T over the integers modulo 2^32; x [m][k], w [n][k].
inline std::vector<std::vector<uint32_t>> RingMatMul(const std::vector<std::vector<uint32_t>>& x,
                                                     const std::vector<std::vector<int16_t>>& w) {
  std::vector<std::vector<uint32_t>> y(x.size(), std::vector<uint32_t>(w.size(), 0));
  for (size_t i = 0; i < x.size(); ++i) {
    for (size_t j = 0; j < w.size(); ++j) {
      for (size_t k = 0; k < x[i].size(); ++k) {
        y[i][j] += x[i][k] * static_cast<uint32_t>(int32_t{w[j][k]});
      }
    }
  }
  return y;
}

inline Row RmsNorm(const Row& x, const Row& weight, double eps) {
  double sum = 0;
  for (double v : x) sum += v * v;
  const double scale = 1.0 / std::sqrt(sum / static_cast<double>(x.size()) + eps);
  Row y(x.size());
  for (size_t i = 0; i < x.size(); ++i) y[i] = x[i] * scale * weight[i];
  return y;
}

inline double MaxMagnitude(const Row& x) {
  double max = 0;
  for (double v : x) max = std::max(max, std::abs(v));
  return max;
}

// Symmetric integers in [-limit, limit] with x ~= scale * q.
struct Quantized {
  double scale = 0;
  std::vector<int32_t> q;
};
inline Quantized Quantize(const Row& x, int32_t limit) {
  const double max = MaxMagnitude(x);
  Quantized result{max / limit, std::vector<int32_t>(x.size(), 0)};
  if (max == 0) return result;
  for (size_t i = 0; i < x.size(); ++i) {
    result.q[i] = static_cast<int32_t>(std::nearbyint(x[i] / max * limit));
  }
  return result;
}

inline double Silu(double x) { return x / (1.0 + std::exp(-x)); }

inline Row SwiGlu(const Row& gate, const Row& up) {
  Row y(gate.size());
  for (size_t i = 0; i < y.size(); ++i) y[i] = Silu(gate[i]) * up[i];
  return y;
}

inline double LogSumExp(const Row& x) {
  if (x.empty()) return -std::numeric_limits<double>::infinity();
  const double max = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (double v : x) sum += std::exp(v - max);
  return max + std::log(sum);
}

inline Row Softmax(const Row& x) {
  const double log_sum = LogSumExp(x);
  Row y(x.size());
  for (size_t i = 0; i < x.size(); ++i) y[i] = std::exp(x[i] - log_sum);
  return y;
}

// One head x [2 * half] at `position`: pairs (i, i + half) turn by position * inverse_frequency[i].
inline Row Rope(const Row& x, size_t position, const Row& inverse_frequencies) {
  const size_t half = inverse_frequencies.size();
  Row y(2 * half);
  for (size_t i = 0; i < half; ++i) {
    const double angle = static_cast<double>(position) * inverse_frequencies[i];
    y[i] = x[i] * std::cos(angle) - x[i + half] * std::sin(angle);
    y[i + half] = x[i + half] * std::cos(angle) + x[i] * std::sin(angle);
  }
  return y;
}

// Causal attention of one head: q [rows][d] at positions first_position + row; k, v [positions][d].
// A query sees the last `window` positions up to its own.
inline Rows CausalAttention(const Rows& q, const Rows& k, const Rows& v, size_t first_position,
                            size_t window = std::numeric_limits<size_t>::max()) {
  Rows out(q.size());
  for (size_t r = 0; r < q.size(); ++r) {
    const size_t visible = first_position + r + 1, dim = q[r].size();
    SOTTO_CHECK(visible <= k.size());
    const size_t begin = visible - std::min(visible, window);
    Row scores(visible, -std::numeric_limits<double>::infinity());
    for (size_t p = begin; p < visible; ++p) {
      scores[p] = 0.0;
      for (size_t d = 0; d < dim; ++d) scores[p] += q[r][d] * k[p][d];
      scores[p] /= std::sqrt(static_cast<double>(dim));
    }
    const Row weights = Softmax(scores);
    out[r].assign(dim, 0.0);
    for (size_t p = 0; p < visible; ++p) {
      for (size_t d = 0; d < dim; ++d) out[r][d] += weights[p] * v[p][d];
    }
  }
  return out;
}

}  // namespace sotto::reference

#endif  // SOTTO_KERNELS_REFERENCE_H_
