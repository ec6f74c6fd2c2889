// The loop shared by the micro-kernels. For inclusion by files compiled for one instruction set
// each: everything is in an unnamed namespace, so that no copy reaches another file.
#ifndef SOTTO_KERNELS_GEMM_MICRO_LOOP_H_
#define SOTTO_KERNELS_GEMM_MICRO_LOOP_H_

#include <immintrin.h>

#include "kernels/gemm.h"
#include "kernels/gemm_micro.h"

namespace sotto {
namespace {

constexpr size_t kLanes = 16, kVectors = kStripColumns / kLanes;
// Words of k that the strip is fetched ahead: enough to cover the second-level cache's latency, and
// much of memory's where the strip is touched for the first time.
constexpr size_t kPrefetchWords = 48;

// Ops: Vector; Zero(), Load(p), Store(p, v), Broadcast(word), MultiplyAdd(sum, a, w).
template <typename Ops, size_t kRows>
void MultiplyRows(const MicroArgs& args) {
  typename Ops::Vector sum[kRows][kVectors];
#pragma GCC unroll 12
  for (size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 2
    for (size_t j = 0; j < kVectors; ++j) {
      sum[i][j] =
          args.accumulate ? Ops::Load(args.c + i * kGemmColumnBlock + j * kLanes) : Ops::Zero();
    }
  }
  const uint32_t* strip = args.strip;
  for (size_t word = 0; word < args.words; ++word, strip += kStripColumns) {
    typename Ops::Vector w[kVectors];
#pragma GCC unroll 2
    for (size_t j = 0; j < kVectors; ++j) {
      w[j] = Ops::Load(strip + j * kLanes);
      // Beyond the strip's end begins the next one; a prefetch beyond memory does nothing.
      _mm_prefetch(
          reinterpret_cast<const char*>(strip + kPrefetchWords * kStripColumns + j * kLanes),
          _MM_HINT_T0);
    }
#pragma GCC unroll 12
    for (size_t i = 0; i < kRows; ++i) {
      const typename Ops::Vector a = Ops::Broadcast(args.a + i * args.a_stride + word);
#pragma GCC unroll 2
      for (size_t j = 0; j < kVectors; ++j) sum[i][j] = Ops::MultiplyAdd(sum[i][j], a, w[j]);
    }
  }
#pragma GCC unroll 12
  for (size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 2
    for (size_t j = 0; j < kVectors; ++j) {
      Ops::Store(args.c + i * kGemmColumnBlock + j * kLanes, sum[i][j]);
    }
  }
}

template <typename Ops>
constexpr MicroKernelTable kMicroKernels = {
    MultiplyRows<Ops, 1>, MultiplyRows<Ops, 2>,  MultiplyRows<Ops, 3>,  MultiplyRows<Ops, 4>,
    MultiplyRows<Ops, 5>, MultiplyRows<Ops, 6>,  MultiplyRows<Ops, 7>,  MultiplyRows<Ops, 8>,
    MultiplyRows<Ops, 9>, MultiplyRows<Ops, 10>, MultiplyRows<Ops, 11>, MultiplyRows<Ops, 12>};

}  // namespace
}  // namespace sotto

#endif  // SOTTO_KERNELS_GEMM_MICRO_LOOP_H_
