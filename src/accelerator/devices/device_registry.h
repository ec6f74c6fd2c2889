// Devices by name: "cpu", "opencl:I", "cuda:I".
#ifndef SOTTO_ACCELERATOR_DEVICES_DEVICE_REGISTRY_H_
#define SOTTO_ACCELERATOR_DEVICES_DEVICE_REGISTRY_H_

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "accelerator/device.h"
#include "accelerator/devices/device_backend.h"
#include "base/status.h"

namespace sotto {

// The names of all devices present, e.g. {"cpu", "opencl:0", "opencl:1"}.
std::vector<std::string> PresentDevices();

// "KIND" is "KIND:0". INVALID_ARGUMENT for a name of another form or kind than this build knows;
// FAILED_PRECONDITION for an index beyond what is present. Both say what there is.
absl::StatusOr<std::unique_ptr<Device>> OpenDevice(std::string_view name,
                                                   const DeviceOptions& options);

// Opens all and, when there are several, joins them (multi_device.h). INVALID_ARGUMENT for none, or
// for a name given twice.
absl::StatusOr<std::unique_ptr<Device>> OpenDevices(std::span<const std::string> names,
                                                    const DeviceOptions& options);

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_DEVICE_REGISTRY_H_
