// One local layer applied to one input: operand, products, and what becomes of them.
#ifndef SOTTO_TRUSTED_LINEAR_LOCAL_PRODUCT_H_
#define SOTTO_TRUSTED_LINEAR_LOCAL_PRODUCT_H_

#include <cstddef>
#include <span>

#include "base/matrix.h"
#include "base/thread_pool.h"
#include "trusted/linear/linear.h"
#include "trusted/linear/packed_layer.h"

namespace sotto {

// As Linear::Apply(); shapes must fit (not checked). `next`: the layer that will probably be
// applied afterwards, whose weights are asked for in good time; null if none will.
void MultiplyLayer(const PackedLayer& layer, const PackedLayer* next, const LinearInput& input,
                   LinearTail tail, MatrixView<float> y, ThreadPool& pool);

// As Linear::ApplyColumns(): the blocks of kGemmColumnBlock columns that hold one of `columns`.
void MultiplyColumns(const PackedLayer& layer, const LinearInput& input,
                     std::span<const size_t> columns, MatrixView<float> y, ThreadPool& pool);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_LINEAR_LOCAL_PRODUCT_H_
