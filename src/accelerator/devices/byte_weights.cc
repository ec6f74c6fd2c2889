#include "accelerator/devices/byte_weights.h"

#include <algorithm>

namespace sotto {

bool FitBytes(ConstMatrixView<int16_t> w) {
  for (size_t j = 0; j < w.rows(); ++j) {
    const auto is_byte = [](int16_t v) { return v == static_cast<int8_t>(v); };
    if (!std::all_of(w.row(j), w.row(j) + w.cols(), is_byte)) return false;
  }
  return true;
}

Matrix<int8_t> NarrowToBytes(ConstMatrixView<int16_t> w) {
  Matrix<int8_t> bytes(w.rows(), w.cols());
  for (size_t j = 0; j < w.rows(); ++j) {
    std::transform(w.row(j), w.row(j) + w.cols(), bytes.view().row(j),
                   [](int16_t v) { return static_cast<int8_t>(v); });
  }
  return bytes;
}

}  // namespace sotto
