#include "tools/bench_peaks.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>

#include "base/matrix.h"
#include "kernels/gemm.h"
#include "kernels/multiply_peak.h"
#include "tools/bench_work.h"
#include "trusted/linear/packed_layer.h"
#include "trusted/tee/resources.h"

namespace sotto {
namespace {

constexpr int kTries = 7;
constexpr size_t kPeakRounds = 300'000;  // Some 20 ms.
// A layer of a 1B model, half a thousand tokens: some 17 G operations.
constexpr size_t kGemmIn = 2048, kGemmOut = 8192, kGemmRows = 512;
constexpr size_t kBufferBytes = size_t{512} << 20;

// The shortest of several runs.
template <typename F>
double BestSeconds(F run) {
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kTries; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    best = std::min(
        best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

double MeasureInstructions(GemmOperands operands, ThreadPool& pool) {
  const size_t workers = static_cast<size_t>(pool.threads());
  std::atomic<double> each = 0;
  const double seconds = BestSeconds([&] {
    pool.ParallelFor(workers, [&](size_t, int) { each = RunMultiplyAdds(operands, kPeakRounds); });
  });
  return each * static_cast<double>(workers) / seconds;
}

double MeasureProduct(GemmOperands operands, ThreadPool& pool) {
  const size_t row_bytes = GemmRowBytes(operands, kGemmIn);
  GemmWeights weights(operands, kGemmIn, kGemmOut);
  // 0x3c3c3c3c and 0x3c3c are ordinary small floats, 0x3c an ordinary integer.
  const auto values = MakeAlignedArray<uint8_t>(kGemmRows * row_bytes);
  memset(values.get(), 0x3c, kGemmRows * row_bytes);
  pool.ParallelFor(weights.blocks(), [&](size_t b, int) { weights.PackBlock(b, values.get()); });
  const size_t tile_bytes = kGemmRowBlock * kGemmColumnBlock * 4;
  const size_t scratch_bytes = (weights.scratch_bytes() + 63) / 64 * 64;
  const auto memory =
      MakeAlignedArray<uint8_t>(static_cast<size_t>(pool.threads()) * (tile_bytes + scratch_bytes));
  constexpr size_t kRowBlocks = kGemmRows / kGemmRowBlock;
  const double seconds = BestSeconds([&] {
    pool.ParallelFor(weights.blocks() * kRowBlocks, [&](size_t task, int worker) {
      uint8_t* tile = memory.get() + static_cast<size_t>(worker) * (tile_bytes + scratch_bytes);
      const size_t row = task % kRowBlocks * kGemmRowBlock;
      weights.Multiply(task / kRowBlocks, values.get() + row * row_bytes, kGemmRowBlock, tile,
                       tile + tile_bytes);
    });
  });
  return 2.0 * kGemmIn * kGemmOut * kGemmRows / seconds;
}

uint64_t SumWords(const uint64_t* words, size_t count) {
  uint64_t sums[8] = {};
  for (size_t i = 0; i + 8 <= count; i += 8) {
    for (size_t j = 0; j < 8; ++j) sums[j] += words[i + j];
  }
  uint64_t sum = 0;
  for (uint64_t s : sums) sum += s;
  return sum;
}

}  // namespace

GemmPeak MeasureGemmPeak(Precision precision, ThreadPool& pool) {
  const GemmOperands operands = OperandsOf(precision);
  const double planes = PlanesOf(precision);
  return {MeasureInstructions(operands, pool) / planes, MeasureProduct(operands, pool) / planes};
}

double MeasureReadBandwidth(ThreadPool& pool) {
  const auto buffer = MakeAlignedArray<uint8_t>(kBufferBytes);
  const size_t pieces = static_cast<size_t>(pool.threads()) * 16;
  const size_t words = kBufferBytes / pieces / sizeof(uint64_t) / 8 * 8;
  const auto piece = [&](size_t i) {
    return reinterpret_cast<uint64_t*>(buffer.get()) + i * words;
  };
  pool.ParallelFor(pieces, [&](size_t i, int) { memset(piece(i), 1, words * sizeof(uint64_t)); });
  std::atomic<uint64_t> total = 0;
  const double seconds = BestSeconds([&] {
    pool.ParallelFor(pieces, [&](size_t i, int) { total += SumWords(piece(i), words); });
  });
  return static_cast<double>(pieces * words * sizeof(uint64_t)) / seconds;
}

bool ResetPeakResident() {
  std::ofstream file("/proc/self/clear_refs");
  file << "5" << std::flush;
  return file.good();
}

uint64_t PeakResidentSinceReset() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmHWM:")) return std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  }
  return PeakResidentBytes().value_or(0);
}

}  // namespace sotto
