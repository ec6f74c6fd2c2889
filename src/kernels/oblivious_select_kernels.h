// One implementation of ObliviousSelect() (oblivious_select.h) an instruction set.
#ifndef SOTTO_KERNELS_OBLIVIOUS_SELECT_KERNELS_H_
#define SOTTO_KERNELS_OBLIVIOUS_SELECT_KERNELS_H_

#include <cstdint>
#include <span>

#include "base/isa.h"
#include "base/matrix.h"
#include "kernels/oblivious_select.h"

namespace sotto {

struct ObliviousSelectKernel {
  Isa isa;
  void (*select)(std::span<const int32_t> ids, ConstMatrixView<uint16_t> panel,
                 MatrixView<uint16_t> out);
};

extern const ObliviousSelectKernel kPortableObliviousSelect, kAvx512ObliviousSelect;

const IsaTable<ObliviousSelectKernel>& ObliviousSelectTable();

}  // namespace sotto

#endif  // SOTTO_KERNELS_OBLIVIOUS_SELECT_KERNELS_H_
