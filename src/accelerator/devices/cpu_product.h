// One product on the processor: rows are encoded once as left operands, then every block of columns
// meets every block of rows, on all threads.
#ifndef SOTTO_ACCELERATOR_DEVICES_CPU_PRODUCT_H_
#define SOTTO_ACCELERATOR_DEVICES_CPU_PRODUCT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/matrix.h"
#include "base/thread_pool.h"
#include "kernels/gemm.h"

namespace sotto {

// Memory kept from product to product; grows to the largest one.
class CpuProductBuffers {
 public:
  explicit CpuProductBuffers(int threads) : tiles_(threads), scratch_(threads) {}

  uint8_t* Operand(size_t bytes) { return operand_.AtLeast(bytes); }
  uint8_t* Tile(int worker) {
    return tiles_[worker].AtLeast(kGemmRowBlock * kGemmColumnBlock * sizeof(uint32_t));
  }
  uint8_t* Scratch(int worker, size_t bytes) { return scratch_[worker].AtLeast(bytes); }

 private:
  struct Buffer {
    uint8_t* AtLeast(size_t bytes);
    AlignedArray<uint8_t> data;
    size_t size = 0;
  };
  Buffer operand_;
  std::vector<Buffer> tiles_, scratch_;
};

// y = x W^T in the operands of `weights` (kF32 or kBf16). x: [tokens, n_in]; y: [tokens, n_out].
void MultiplyFloatOnCpu(const GemmWeights& weights, ConstMatrixView<float> x, MatrixView<float> y,
                        CpuProductBuffers& buffers, ThreadPool& pool);

// y = x W^T modulo 2^32; `weights` are kU8S8. Shapes as above.
void MultiplyRingOnCpu(const GemmWeights& weights, ConstMatrixView<uint32_t> x,
                       MatrixView<uint32_t> y, CpuProductBuffers& buffers, ThreadPool& pool);

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_CPU_PRODUCT_H_
