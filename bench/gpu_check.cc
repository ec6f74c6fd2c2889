// What tools/gpu_check.sh measures, as one JSON document on standard output: a device's throughput
// and, of a cuda device, how near its kernels come to their limits.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "accelerator/devices/device_registry.h"
#include "device_shapes.h"
#ifdef SOTTO_HAVE_CUDA
#include "cuda_roofline.h"
#endif

namespace sotto {
namespace {

absl::StatusOr<nlohmann::json> Measure(const std::string& name,
                                       const DeviceShapesOptions& options) {
  SOTTO_ASSIGN_OR_RETURN(const auto device, OpenDevice(name, {}));
  nlohmann::json result = {{"device", device->name()}};
#ifdef SOTTO_HAVE_CUDA
  if (name == "cuda:0") {
    SOTTO_ASSIGN_OR_RETURN(result["roofline"], MeasureRoofline());
  }
#endif
  SOTTO_ASSIGN_OR_RETURN(result["shapes"], MeasureShapes(*device, options));
  return result;
}

int Main(int argc, char** argv) {
  std::string device = "cuda:0";
  DeviceShapesOptions options;
  CLI::App app("Measures a device of sotto-accelerator; JSON on standard output.");
  app.add_option("--device", device, "Device");
  app.add_option("--tokens", options.tokens, "Rows of each product")->check(CLI::PositiveNumber);
  app.add_option("--divide", options.divide, "Makes layers smaller, to try the program")
      ->check(CLI::Range(1, 64));
  CLI11_PARSE(app, argc, argv);
  const absl::StatusOr<nlohmann::json> result = Measure(device, options);
  if (!result.ok()) {
    std::fprintf(stderr, "gpu_check: error: %s\n", std::string(result.status().message()).c_str());
    return EXIT_FAILURE;
  }
  std::printf("%s\n", result->dump(1).c_str());
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace sotto

int main(int argc, char** argv) { return sotto::Main(argc, argv); }
