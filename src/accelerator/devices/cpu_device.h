// The `cpu` device: oneDNN products on the host's processors. Float operands are bf16 where the
// processor multiplies them in hardware, else f32. Ring products are four u8 x s8 products of the
// words' byte planes, at full speed where it has VNNI or AMX, and as exact elsewhere.
#ifndef SOTTO_ACCELERATOR_DEVICES_CPU_DEVICE_H_
#define SOTTO_ACCELERATOR_DEVICES_CPU_DEVICE_H_

#include <memory>

#include "accelerator/device.h"
#include "accelerator/devices/device_backend.h"

namespace sotto {

struct CpuDeviceOptions {
  int threads = 1;
  FloatPrecision precision = FloatPrecision::kFastest;
  bool portable_ring = false;  // Plain arithmetic even where the processor has better.
};

// Calls of one device are serialised: each uses all of its threads.
std::unique_ptr<Device> MakeCpuDevice(const CpuDeviceOptions& options);

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_CPU_DEVICE_H_
