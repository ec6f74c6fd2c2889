// `sotto model`: look at a model, make one, or seal one.
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

struct ModelInspectFlags {
  std::string model;     // A directory or a sealed model.
  std::string key_file;  // Of an encrypted sealed model.
};
// `sotto model inspect`: prints shape, parameters, dtype and memory per precision.
absl::Status RunModelInspect(const ModelInspectFlags& flags);

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

struct ModelSealFlags {
  std::string model_dir;
  std::string out;
  std::string key_file;  // Empty: authenticated, not encrypted.
  int threads = 0;       // 0: as many as there are processors.
};
// `sotto model seal`: writes a sealed model and prints the root to pin.
absl::Status RunModelSeal(const ModelSealFlags& flags);

void AddModelCommand(CLI::App& app, Invocation& invocation);

}  // namespace sotto

#endif  // SOTTO_CLI_MODEL_COMMAND_H_
