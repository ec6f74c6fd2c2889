// The tensors of a model's files, held against what its config needs.
#ifndef SOTTO_MODEL_REQUIRED_TENSORS_H_
#define SOTTO_MODEL_REQUIRED_TENSORS_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/config.h"
#include "model/tensor_ref.h"
#include "model/weight_file.h"

namespace sotto {

// Every tensor of RequiredTensors(config), and a tied lm_head where there is one, sorted by name;
// their data belongs to `files`. Names without "model." before them, as the checkpoints of a bare
// ...Model have them, stand for those with it. Completes `config` by what files alone tell: whether
// a classifier has a bias, and whether an untied lm_head was left out, which makes a ...ForCausalLM
// a ...Model; and by warnings of what is odd about them. `directory` names the model in errors:
// INVALID_ARGUMENT for a missing tensor, a shape that contradicts the config, or a tensor the
// config has no place for; UNIMPLEMENTED, naming what they are, for weights whose dtype or form
// Sotto does not read.
absl::StatusOr<std::vector<TensorRef>> FindRequiredTensors(ModelSpec& config,
                                                           const std::vector<WeightFile>& files,
                                                           const std::string& directory);

}  // namespace sotto

#endif  // SOTTO_MODEL_REQUIRED_TENSORS_H_
