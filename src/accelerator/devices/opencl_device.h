// The `opencl` devices: every device of every OpenCL platform, in the order the platforms give
// them.
#ifndef SOTTO_ACCELERATOR_DEVICES_OPENCL_DEVICE_H_
#define SOTTO_ACCELERATOR_DEVICES_OPENCL_DEVICE_H_

#include <cstddef>
#include <memory>
#include <optional>

#include "accelerator/device.h"
#include "accelerator/devices/device_backend.h"
#include "base/status.h"

namespace sotto {

// Unset fields are chosen: tilings by a short search (each candidate once, on a small product),
// f16 weights where precision allows and the device has cl_khr_fp16.
struct OpenClDeviceOptions {
  FloatPrecision precision = FloatPrecision::kFastest;
  std::optional<bool> half_weights;
  std::optional<size_t> tiling;  // Index into kOpenClTilings.
  // Ring products by 8-bit dot products (true) or 32-bit ones. Unset: both are tried where the
  // device has cl_khr_integer_dot_product.
  std::optional<bool> ring_planes;
};

int OpenClDeviceCount();

// index < OpenClDeviceCount(). UNAVAILABLE when the device can't be used, with the driver's reason.
absl::StatusOr<std::unique_ptr<Device>> MakeOpenClDevice(int index,
                                                         const OpenClDeviceOptions& options);

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_OPENCL_DEVICE_H_
