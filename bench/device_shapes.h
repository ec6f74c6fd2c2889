// How many tokens a second a device multiplies, in the linear layers of models that exist.
#ifndef SOTTO_BENCH_DEVICE_SHAPES_H_
#define SOTTO_BENCH_DEVICE_SHAPES_H_

#include <cstddef>
#include <nlohmann/json.hpp>

#include "accelerator/device.h"
#include "base/status.h"

namespace sotto {

struct DeviceShapesOptions {
  size_t tokens = 512;
  size_t divide = 1;  // Sizes of layers, to try the program where there is no GPU.
};

// One entry a model and format: "model", "format", "tokens_per_second", and of each product its
// sizes, seconds (the median) and operations a second. Rows are in pinned memory where the device
// has such. lm_head is of one row, as in a pass that wants the last token's logits.
absl::StatusOr<nlohmann::json> MeasureShapes(Device& device, const DeviceShapesOptions& options);

}  // namespace sotto

#endif  // SOTTO_BENCH_DEVICE_SHAPES_H_
