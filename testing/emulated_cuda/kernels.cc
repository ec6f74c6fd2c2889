// The kernels, thread after thread.
#include "accelerator/devices/cuda_kernels.h"
#include "base/float_types.h"
#include "testing/emulated_cuda/emulated_cuda.h"

namespace sotto {
namespace {

uint32_t LookUp(uint32_t x) { return kAesTable.words[x]; }

}  // namespace

void LaunchSplitDigits(const uint32_t* x, const RingDigits& out, cudaStream_t stream) {
  EnqueueEmulated(stream, [=] {
    const size_t blocks = StreamBlocks(0, out.rows * out.columns);
    for (size_t i = 0; i < blocks; ++i) SplitUploadedBlock(out, x, i);
  });
}

void LaunchExpandSeed(const SeedRows& seed, const RingDigits& out, cudaStream_t stream) {
  EnqueueEmulated(stream, [=] {
    const size_t blocks = StreamBlocks(seed.first_word, out.rows * out.columns);
    for (size_t i = 0; i < blocks; ++i) ExpandSeedBlock(out, seed, LookUp, i);
  });
}

void LaunchJoinSums(const RingSums& sums, cudaStream_t stream) {
  EnqueueEmulated(stream, [=] {
    for (size_t i = 0; i < sums.words(); ++i) sums.y[i] = JoinSums(sums, i);
  });
}

void LaunchJoinMasked(const RingSums& sums, const SeedMask& mask, cudaStream_t stream) {
  EnqueueEmulated(stream, [=] {
    const size_t blocks = sums.rows * MaskBlocksOfRow(sums);
    for (size_t i = 0; i < blocks; ++i) JoinMaskedBlock(sums, mask, LookUp, i);
  });
}

void LaunchRoundToBf16(const float* from, size_t count, void* to, cudaStream_t stream) {
  EnqueueEmulated(stream, [=] {
    for (size_t i = 0; i < count; ++i) static_cast<BFloat16*>(to)[i] = ToBFloat16(from[i]);
  });
}

}  // namespace sotto
