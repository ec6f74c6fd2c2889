// Several devices as one: each layer's output columns are split over them.
#ifndef SOTTO_ACCELERATOR_DEVICES_MULTI_DEVICE_H_
#define SOTTO_ACCELERATOR_DEVICES_MULTI_DEVICE_H_

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "accelerator/device.h"
#include "base/status.h"

namespace sotto {

// Measures each device's float and ring speed (some milliseconds each), then gives each a share of
// every layer's columns in proportion. A column's product does not depend on where it is computed
// for ring products: any number of devices gives the same bits. The devices work at the same time.
// A device that fails fails the call with its own status, its name before the message.
// REQUIRES: at least one device.
absl::StatusOr<std::unique_ptr<Device>> MakeMultiDevice(
    std::vector<std::unique_ptr<Device>> devices);

// Splits `columns` in proportion to `speeds` (finite, positive), in steps of kColumnStep where
// there are enough: the end of each part, the last being `columns`. Some may be empty.
inline constexpr size_t kColumnStep = 16;
std::vector<size_t> SplitColumns(size_t columns, std::span<const double> speeds);

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_MULTI_DEVICE_H_
