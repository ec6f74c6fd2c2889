// One implementation of field_dot.h's sums an instruction set. That header says what each does.
#ifndef SOTTO_TRUSTED_SPLIT_FIELD_KERNELS_H_
#define SOTTO_TRUSTED_SPLIT_FIELD_KERNELS_H_

#include <cstdint>
#include <span>

#include "base/isa.h"
#include "base/matrix.h"

namespace sotto {

struct FieldKernels {
  Isa isa;
  uint64_t (*offset_dot)(std::span<const int32_t> values, std::span<const uint64_t> field);
  void (*accumulate_columns)(ConstMatrixView<int16_t> w, const uint64_t* s, int64_t* low,
                             int64_t* high);
};

extern const FieldKernels kPortableField, kAvx512Field, kAvx512IfmaField;

const IsaTable<FieldKernels>& FieldTable();

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_FIELD_KERNELS_H_
