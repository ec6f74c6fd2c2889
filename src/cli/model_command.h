// `sotto model`: look at a model, or make one.
#ifndef SOTTO_CLI_MODEL_COMMAND_H_
#define SOTTO_CLI_MODEL_COMMAND_H_

#include <cstdint>
#include <string>

#include "base/status.h"
#include "cli/command.h"

namespace CLI {
class App;
}

namespace sotto {

// `sotto model inspect DIR`: prints shape, parameters, dtype and memory per precision.
absl::Status RunModelInspect(const std::string& model_dir);

struct ModelRandomFlags {
  std::string like;  // A known shape, or a config.json.
  std::string out;
  int64_t layers = 0;  // 0: as many as `like` has.
  uint64_t seed = 0;
  std::string dtype = "bf16";
  int threads = 0;  // 0: as many as there are processors.
};
// `sotto model random`: writes a seeded random model.
absl::Status RunModelRandom(const ModelRandomFlags& flags);

void AddModelCommand(CLI::App& app, Invocation& invocation);

}  // namespace sotto

#endif  // SOTTO_CLI_MODEL_COMMAND_H_
