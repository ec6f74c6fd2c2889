// What an accelerator device does. UNTRUSTED side: sees blinded rows and public weights only.
#ifndef SOTTO_ACCELERATOR_DEVICE_H_
#define SOTTO_ACCELERATOR_DEVICE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/matrix.h"
#include "base/status.h"

namespace sotto {

// What operands of a float product may be.
enum class FloatPrecision {
  kF32,     // f32, never rounded further.
  kFastest  // bf16 or f16 where the device multiplies them faster.
};

// Number formats a layer may be asked for; a device holds the weights in each format it was given.
// kNarrowRing: with weights of eight bits.
enum class DeviceFormat { kF32, kBf16, kRing, kNarrowRing };

// Largest n_in of a ring product: a byte plane of rows times one of weights stays within 32 bits
// below it.
inline constexpr size_t kMaxRingInputs = size_t{1} << 16;
// Largest magnitude of a ring product's weight: the weights of docs/numerics.md have 12 bits.
inline constexpr int16_t kMaxRingWeight = 2047;

// A slice of one layer's output columns, held in device memory. Opaque; freed with the object.
class DeviceWeights {
 public:
  virtual ~DeviceWeights() = default;
  virtual size_t n_in() const = 0;
  virtual size_t n_out() const = 0;
};

// What stands for a matrix of words (docs/wire_format.md, "Seeds").
using SeedBytes = std::span<const uint8_t, 32>;
// Columns of such a matrix, from `first` on.
struct SeedColumns {
  SeedBytes seed;
  size_t columns;  // Of the whole matrix.
  size_t first = 0;
};

// Null, or host memory with what frees it; 64-byte aligned.
using HostMemory = std::unique_ptr<uint8_t[], void (*)(uint8_t*)>;

// One compute device. Thread-safe: calls may come from several sessions; they may be serialised.
class Device {
 public:
  virtual ~Device() = default;

  // "cpu", "opencl:0 (pthread-AMD EPYC)": for Describe, logs and the result JSON.
  virtual std::string name() const = 0;

  // The operands of MultiplyFloat by weights that were loaded with `precision`: "f32" for kF32;
  // "f32", "bf16" or "f16" (weights alone) for kFastest. Sums are f32.
  virtual std::string precision(FloatPrecision precision) const = 0;

  // Copies the weights in; `w` is not kept. w: [n_out, n_in]. RESOURCE_EXHAUSTED when it won't fit.
  virtual absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadFloat(ConstMatrixView<float> w,
                                                                   FloatPrecision precision) = 0;
  // |w| <= kMaxRingWeight; faster and smaller where all fit a signed byte.
  // UNIMPLEMENTED for n_in above kMaxRingInputs.
  virtual absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadRing(ConstMatrixView<int16_t> w) = 0;

  // y = x W^T. x: [tokens, n_in]; y: [tokens, n_out]; `weights` came from LoadFloat of this device.
  // Each row of y depends on the same row of x alone, to the bit. tokens may be 0.
  // The weights' precision decides the operands.
  virtual absl::Status MultiplyFloat(const DeviceWeights& weights, ConstMatrixView<float> x,
                                     MatrixView<float> y) = 0;

  // y = x W^T modulo 2^32, exact (two's complement weights). `weights` came from LoadRing.
  virtual absl::Status MultiplyRing(const DeviceWeights& weights, ConstMatrixView<uint32_t> x,
                                    MatrixView<uint32_t> y) = 0;

  // Whether the device expands seeds itself: rows need not be made on the host and copied then.
  virtual bool expands_seeds() const { return false; }
  // As MultiplyRing; x is the [y.rows(), n_in] matrix of `seed`. Where there is a `mask`, its
  // columns are added: a relay's source makes such products. REQUIRES: expands_seeds().
  virtual absl::Status MultiplyRingSeed(const DeviceWeights& weights, SeedBytes seed,
                                        const std::optional<SeedColumns>& mask,
                                        MatrixView<uint32_t> y) {
    static_cast<void>(weights), static_cast<void>(seed);
    static_cast<void>(mask), static_cast<void>(y);
    return absl::UnimplementedError("the device expands no seeds");
  }

  // Host memory that the device copies rows from and to faster than other; null where there is no
  // such memory (any more). May outlive the device.
  virtual HostMemory AllocatePinned(size_t size_bytes) {
    static_cast<void>(size_bytes);
    return HostMemory(nullptr, nullptr);
  }
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICE_H_
