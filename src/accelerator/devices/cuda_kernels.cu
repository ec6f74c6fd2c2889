#include <cuda_bf16.h>

#include "accelerator/devices/cuda_kernels.h"

namespace sotto {
namespace {

constexpr int kThreads = 256;
constexpr size_t kMaxBlocks = 1 << 20;

// Lanes of a warp look up 32 different entries at once: each reads a copy in its own bank.
constexpr unsigned kBanks = 32;
constexpr unsigned kTableEntries = 256;
// Filling the copies costs as much as 16 blocks of the cipher a warp; more thread blocks than this
// would fill them more often, and this many fill the largest GPU.
constexpr size_t kMaxCipherBlocks = 1024;

__constant__ constexpr AesTable kTable = MakeAesTable();

struct BankTable {
  const uint32_t* bank;
  __host__ __device__ uint32_t operator()(uint32_t x) const { return bank[kBanks * x]; }
};

unsigned Blocks(size_t count, size_t most = kMaxBlocks) {
  const size_t blocks = (count + kThreads - 1) / kThreads;
  return static_cast<unsigned>(blocks < most ? blocks : most);
}

__device__ size_t FirstIndex() { return blockIdx.x * size_t{kThreads} + threadIdx.x; }
__device__ size_t IndexStep() { return gridDim.x * size_t{kThreads}; }

__global__ void SplitDigits(const uint32_t* x, RingDigits out, size_t blocks) {
  for (size_t i = FirstIndex(); i < blocks; i += IndexStep()) SplitUploadedBlock(out, x, i);
}

// Fills the block's copies of the table; the thread's own is returned.
__device__ BankTable FillBanks(uint32_t* banks) {
  for (unsigned i = threadIdx.x; i < kTableEntries * kBanks; i += kThreads) {
    banks[i] = kTable.words[i / kBanks];
  }
  __syncthreads();
  return {banks + threadIdx.x % kBanks};
}

__global__ void ExpandSeed(const __grid_constant__ SeedRows seed, RingDigits out, size_t blocks) {
  __shared__ uint32_t banks[kTableEntries * kBanks];
  const BankTable table = FillBanks(banks);
  for (size_t i = FirstIndex(); i < blocks; i += IndexStep()) ExpandSeedBlock(out, seed, table, i);
}

__global__ void JoinAllSums(RingSums sums) {
  for (size_t i = FirstIndex(); i < sums.words(); i += IndexStep()) sums.y[i] = JoinSums(sums, i);
}

__global__ void JoinMasked(const __grid_constant__ SeedMask mask, RingSums sums, size_t blocks) {
  __shared__ uint32_t banks[kTableEntries * kBanks];
  const BankTable table = FillBanks(banks);
  for (size_t i = FirstIndex(); i < blocks; i += IndexStep()) {
    JoinMaskedBlock(sums, mask, table, i);
  }
}

__global__ void RoundToBf16(const float* from, size_t count, __nv_bfloat16* to) {
  for (size_t i = FirstIndex(); i < count; i += IndexStep()) to[i] = __float2bfloat16_rn(from[i]);
}

}  // namespace

void LaunchSplitDigits(const uint32_t* x, const RingDigits& out, cudaStream_t stream) {
  const size_t blocks = StreamBlocks(0, out.rows * out.columns);
  SplitDigits<<<Blocks(blocks), kThreads, 0, stream>>>(x, out, blocks);
}

void LaunchExpandSeed(const SeedRows& seed, const RingDigits& out, cudaStream_t stream) {
  const size_t blocks = StreamBlocks(seed.first_word, out.rows * out.columns);
  ExpandSeed<<<Blocks(blocks, kMaxCipherBlocks), kThreads, 0, stream>>>(seed, out, blocks);
}

void LaunchJoinSums(const RingSums& sums, cudaStream_t stream) {
  JoinAllSums<<<Blocks(sums.words()), kThreads, 0, stream>>>(sums);
}

void LaunchJoinMasked(const RingSums& sums, const SeedMask& mask, cudaStream_t stream) {
  const size_t blocks = sums.rows * MaskBlocksOfRow(sums);
  JoinMasked<<<Blocks(blocks, kMaxCipherBlocks), kThreads, 0, stream>>>(mask, sums, blocks);
}

void LaunchRoundToBf16(const float* from, size_t count, void* to, cudaStream_t stream) {
  RoundToBf16<<<Blocks(count), kThreads, 0, stream>>>(from, count,
                                                      static_cast<__nv_bfloat16*>(to));
}

}  // namespace sotto
