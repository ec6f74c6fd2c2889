// What a GPU does, on the cpu device: takes rows as seeds, and has memory of its own kind. Counts
// both. Test-only.
#ifndef SOTTO_TESTING_SEED_EXPANDING_DEVICE_H_
#define SOTTO_TESTING_SEED_EXPANDING_DEVICE_H_

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>

#include "accelerator/devices/cpu_device.h"
#include "base/matrix.h"
#include "protocol/keystream.h"
#include "testing/forwarding_device.h"

namespace sotto {

struct SeedDeviceCounts {
  std::atomic<int> seeds = 0, rings = 0;  // Products of each kind, of any thread.
  int pinned = 0, most_pinned = 2;        // Allocations; null after so many.
};

class SeedExpandingDevice final : public ForwardingDevice {
 public:
  explicit SeedExpandingDevice(SeedDeviceCounts& counts)
      : ForwardingDevice(MakeCpuDevice({.threads = 1})), counts_(counts) {}

  absl::Status MultiplyRing(const DeviceWeights& weights, ConstMatrixView<uint32_t> x,
                            MatrixView<uint32_t> y) override {
    ++counts_.rings;
    return ForwardingDevice::MultiplyRing(weights, x, y);
  }
  bool expands_seeds() const override { return true; }
  absl::Status MultiplyRingSeed(const DeviceWeights& weights, SeedBytes seed,
                                const std::optional<SeedColumns>& mask,
                                MatrixView<uint32_t> y) override {
    ++counts_.seeds;
    SOTTO_RETURN_IF_ERROR(ForwardingDevice::MultiplyRing(
        weights, Expanded(seed, y.rows(), weights.n_in()).view(), y));
    if (!mask) return absl::OkStatus();
    const Matrix<uint32_t> words = Expanded(mask->seed, y.rows(), mask->columns);
    for (size_t t = 0; t < y.rows(); ++t) {
      for (size_t j = 0; j < y.cols(); ++j) y(t, j) += words.view()(t, mask->first + j);
    }
    return absl::OkStatus();
  }
  HostMemory AllocatePinned(size_t size_bytes) override {
    if (++counts_.pinned > counts_.most_pinned) return HostMemory(nullptr, nullptr);
    return HostMemory(MakeAlignedArray<uint8_t>(size_bytes).release(),
                      [](uint8_t* p) { AlignedFree(p); });
  }

 private:
  static Matrix<uint32_t> Expanded(SeedBytes bytes, size_t rows, size_t columns) {
    Seed seed;
    std::copy(bytes.begin(), bytes.end(), seed.begin());
    Matrix<uint32_t> words(rows, columns);
    ExpandSeed(seed, 0, {words.view().data(), words.view().size()});
    return words;
  }

  SeedDeviceCounts& counts_;
};

}  // namespace sotto

#endif  // SOTTO_TESTING_SEED_EXPANDING_DEVICE_H_
