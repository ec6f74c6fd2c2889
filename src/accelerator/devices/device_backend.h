// What the registry knows of each kind of device. Adding a kind is one file that defines its
// backend, and one line in device_registry.cc.
#ifndef SOTTO_ACCELERATOR_DEVICES_DEVICE_BACKEND_H_
#define SOTTO_ACCELERATOR_DEVICES_DEVICE_BACKEND_H_

#include <memory>
#include <string>
#include <string_view>

#include "accelerator/device.h"
#include "base/status.h"

namespace sotto {

struct DeviceOptions {
  int threads = 0;  // Of the cpu device; 0: all processors this process may use.
  // kF32: nothing is faster than f32 on this device.
  FloatPrecision precision = FloatPrecision::kFastest;
};

struct DeviceBackend {
  std::string_view kind;  // "cpu", "opencl", "cuda".
  // Devices present; 0 when the kind's driver is missing.
  int (*count)();
  // index < count(). UNAVAILABLE when the driver refuses.
  absl::StatusOr<std::unique_ptr<Device>> (*open)(int index, const DeviceOptions& options);
  // Why count() is 0, for whoever asked for one. Null where the kind knows no more.
  std::string (*why_none)() = nullptr;
};

extern const DeviceBackend kCpuBackend;
// Where the build found OpenCL (SOTTO_HAVE_OPENCL), and nvcc (SOTTO_HAVE_CUDA).
extern const DeviceBackend kOpenClBackend;
extern const DeviceBackend kCudaBackend;

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_DEVICE_BACKEND_H_
