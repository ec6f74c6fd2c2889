// Activations as the left operand of a product: normalised where the layer asks for it, converted
// or quantised, row by row while the row is in the first-level cache.
#ifndef SOTTO_TRUSTED_LINEAR_OPERAND_H_
#define SOTTO_TRUSTED_LINEAR_OPERAND_H_

#include <cstddef>
#include <cstdint>

#include "trusted/linear/linear.h"
#include "trusted/linear/packed_layer.h"

namespace sotto {

// Rows stand in blocks of kGemmRowBlock; a block is one plane of as many rows, GemmRowBytes()
// apart, or for kFixed two: high, then low (fixed_point.h).
struct Operand {
  uint8_t* data = nullptr;
  float* row_scales = nullptr;  // [rows]: t of each row; kInt8 and kFixed.
  size_t block_bytes = 0;
  size_t plane_bytes = 0;

  // The row in its block's first plane.
  uint8_t* Row(size_t row) const {
    return data + row / kGemmRowBlock * block_bytes +
           row % kGemmRowBlock * (plane_bytes / kGemmRowBlock);
  }
};

// Bytes of one block of operand rows.
size_t OperandBlockBytes(Precision precision, size_t n_in);
// Bytes of working memory WriteOperandRow takes.
size_t OperandScratchBytes(size_t n_in);

// Writes row `row` of the input into the operand. scratch: OperandScratchBytes(n_in).
void WriteOperandRow(const PackedLayer& layer, const LinearInput& input, size_t row,
                     const Operand& operand, uint8_t* scratch);
// Zeroes rows [begin, end), which pad the last block.
void ZeroOperandRows(const PackedLayer& layer, size_t begin, size_t end, const Operand& operand);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_LINEAR_OPERAND_H_
