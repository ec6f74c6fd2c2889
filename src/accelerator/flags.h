// The command line of sotto-accelerator.
#ifndef SOTTO_ACCELERATOR_FLAGS_H_
#define SOTTO_ACCELERATOR_FLAGS_H_

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "accelerator/devices/device_backend.h"
#include "accelerator/server.h"
#include "base/status.h"

namespace sotto {

struct AcceleratorFlags {
  std::string model_dir;
  std::vector<std::string> devices = {"cpu"};
  DeviceOptions device_options;
  bool preload = true;
  std::chrono::seconds drain_timeout{30};
  ServerOptions server;
};

// Parses and checks; reads the TLS files. When there is nothing to run (--help, --version) the text
// to print comes in `*information` and no flags. INVALID_ARGUMENT naming the flag.
absl::StatusOr<std::optional<AcceleratorFlags>> ParseAcceleratorFlags(int argc,
                                                                      const char* const* argv,
                                                                      std::string* information);

// The same error of AcceleratorServer with the flag in place of the option it begins with.
absl::Status WithFlagName(const absl::Status& status);

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_FLAGS_H_
