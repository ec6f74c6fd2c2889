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

// Working memory of one product of `tokens` rows, on a pool of `threads`.
size_t TiledProductBytes(const GemmWeights& weights, size_t tokens, int threads);

// y = x W^T in the operands of `weights`, kF32 or kBf16. x: [tokens, n_in]; y: [tokens, n_out].
// `workspace` has TiledProductBytes() or more, 64-byte aligned, this call's alone. Thread-safe,
// each call with a workspace and a pool of its own.
void MultiplyFloatTiled(const GemmWeights& weights, ConstMatrixView<float> x, MatrixView<float> y,
                        std::span<uint8_t> workspace, ThreadPool& pool);

// y = x W^T modulo 2^32; `weights` are kU8S8. The rest as above.
void MultiplyRingTiled(const GemmWeights& weights, ConstMatrixView<uint32_t> x,
                       MatrixView<uint32_t> y, std::span<uint8_t> workspace, ThreadPool& pool);

// The same as it is defined, for tests.
// w: [n_out, n_in].
void MultiplyRingPortable(ConstMatrixView<uint32_t> x, ConstMatrixView<int8_t> w,
                          MatrixView<uint32_t> y);

}  // namespace sotto

#endif  // SOTTO_KERNELS_TILED_PRODUCT_H_
