// y = x W^T against a packed weight, on all threads of a pool: rows are encoded once as left
// operands, then every block of columns meets every block of rows. Accelerators multiply with it,
// and the trusted process when it makes pads. Branches and addresses depend on sizes only.
#ifndef SOTTO_KERNELS_TILED_PRODUCT_H_
#define SOTTO_KERNELS_TILED_PRODUCT_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/matrix.h"
#include "base/thread_pool.h"
#include "kernels/gemm.h"

namespace sotto {

// GemmWeights::PackBlock() of either kind. w: [block_columns, n_in], contiguous, of no more bits
// than the operands have.
void PackRingBlock(GemmWeights& weights, size_t block, ConstMatrixView<int16_t> w);

// Working memory of one product of `tokens` rows, on a pool of `threads`.
size_t TiledProductBytes(const GemmWeights& weights, size_t tokens, int threads);

// y = x W^T in the operands of `weights`, kF32 or kBf16. x: [tokens, n_in]; y: [tokens, n_out].
// `workspace` has TiledProductBytes() or more, 64-byte aligned, this call's alone. Thread-safe,
// each call with a workspace and a pool of its own.
void MultiplyFloatTiled(const GemmWeights& weights, ConstMatrixView<float> x, MatrixView<float> y,
                        std::span<uint8_t> workspace, ThreadPool& pool);

// y = x W^T modulo 2^32; `weights` are a byte product (gemm.h). The rest as above.
void MultiplyRingTiled(const GemmWeights& weights, ConstMatrixView<uint32_t> x,
                       MatrixView<uint32_t> y, std::span<uint8_t> workspace, ThreadPool& pool);

// The same as it is defined, for tests.
// w: [n_out, n_in].
void MultiplyRingPortable(ConstMatrixView<uint32_t> x, ConstMatrixView<int16_t> w,
                          MatrixView<uint32_t> y);

}  // namespace sotto

#endif  // SOTTO_KERNELS_TILED_PRODUCT_H_
