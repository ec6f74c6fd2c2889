// ObliviousSelect() in AVX-512.
#ifndef SOTTO_KERNELS_OBLIVIOUS_SELECT_AVX512_H_
#define SOTTO_KERNELS_OBLIVIOUS_SELECT_AVX512_H_

#include <cstdint>
#include <span>

#include "base/matrix.h"

namespace sotto {

void ObliviousSelectAvx512(std::span<const int32_t> ids, ConstMatrixView<uint16_t> panel,
                           MatrixView<uint16_t> out);

}  // namespace sotto

#endif  // SOTTO_KERNELS_OBLIVIOUS_SELECT_AVX512_H_
