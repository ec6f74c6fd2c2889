#include <cuda_bf16.h>

#include "accelerator/devices/cuda_kernels.h"
#include "accelerator/devices/signed_digits.h"

namespace sotto {
namespace {

constexpr int kThreads = 256;
constexpr size_t kMaxBlocks = 1 << 20;

unsigned Blocks(size_t count) {
  const size_t blocks = (count + kThreads - 1) / kThreads;
  return static_cast<unsigned>(blocks < kMaxBlocks ? blocks : kMaxBlocks);
}

__device__ size_t FirstIndex() { return blockIdx.x * size_t{kThreads} + threadIdx.x; }
__device__ size_t IndexStep() { return gridDim.x * size_t{kThreads}; }

__global__ void SplitSignedDigits(const uint32_t* x, size_t count, int8_t* digits) {
  for (size_t i = FirstIndex(); i < count; i += IndexStep()) {
    uint32_t rest = x[i];
    for (int p = 0; p < 4; ++p) digits[p * count + i] = TakeSignedDigit(rest);
  }
}

__global__ void CombineDigitSums(const int32_t* sums, DigitSumsShape shape, uint32_t* y) {
  const size_t count = shape.rows * shape.columns;
  for (size_t i = FirstIndex(); i < count; i += IndexStep()) {
    const size_t row = i / shape.columns, column = i % shape.columns;
    uint32_t word = 0;
    for (int p = 3; p >= 0; --p) {
      const int32_t* digit = sums + (p * shape.rows + row) * shape.planes * shape.columns + column;
      word <<= 8;
      for (size_t v = 0; v < shape.planes; ++v) {
        word += static_cast<uint32_t>(digit[v * shape.columns]) << (8 * v);
      }
    }
    y[i] = word;
  }
}

__global__ void RoundToBf16(const float* from, size_t count, __nv_bfloat16* to) {
  for (size_t i = FirstIndex(); i < count; i += IndexStep()) to[i] = __float2bfloat16_rn(from[i]);
}

}  // namespace

void LaunchSplitSignedDigits(const uint32_t* x, size_t rows, size_t columns, int8_t* digits) {
  SplitSignedDigits<<<Blocks(rows * columns), kThreads>>>(x, rows * columns, digits);
}

void LaunchCombineDigitSums(const int32_t* sums, DigitSumsShape shape, uint32_t* y) {
  CombineDigitSums<<<Blocks(shape.rows * shape.columns), kThreads>>>(sums, shape, y);
}

void LaunchRoundToBf16(const float* from, size_t count, void* to) {
  RoundToBf16<<<Blocks(count), kThreads>>>(from, count, static_cast<__nv_bfloat16*>(to));
}

}  // namespace sotto
