// Ring weights that fit signed bytes: one plane of bytes holds them, and devices multiply that in
// half the time.
#ifndef SOTTO_ACCELERATOR_DEVICES_BYTE_WEIGHTS_H_
#define SOTTO_ACCELERATOR_DEVICES_BYTE_WEIGHTS_H_

#include <cstdint>

#include "base/matrix.h"

namespace sotto {

bool FitBytes(ConstMatrixView<int16_t> w);
// The same numbers, [w.rows(), w.cols()]. REQUIRES: they fit.
Matrix<int8_t> NarrowToBytes(ConstMatrixView<int16_t> w);

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_BYTE_WEIGHTS_H_
