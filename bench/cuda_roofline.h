// How near each kernel of the cuda device comes to what limits it.
#ifndef SOTTO_BENCH_CUDA_ROOFLINE_H_
#define SOTTO_BENCH_CUDA_ROOFLINE_H_

#include <nlohmann/json.hpp>

#include "base/status.h"

namespace sotto {

// "peaks", measured now: bytes a second of a large copy within the device and of one over the link
// to the host in each direction, operations a second of a large product of each operand; and
// "kernels": each kernel's rate for one piece of rows of a layer of the 1B model, its limit, and
// its share of that peak. Of the first CUDA device.
absl::StatusOr<nlohmann::json> MeasureRoofline();

}  // namespace sotto

#endif  // SOTTO_BENCH_CUDA_ROOFLINE_H_
