// The RMSNorm weights: all that the trusted process keeps of the model besides the embedding when
// the linear layers are elsewhere.
#ifndef SOTTO_TRUSTED_ENGINE_NORM_WEIGHTS_H_
#define SOTTO_TRUSTED_ENGINE_NORM_WEIGHTS_H_

#include <vector>

#include "base/status.h"
#include "model/checkpoint.h"

namespace sotto {

// Each vector is [hidden_size]; q and k are [head_dim], or empty where the layer has none.
struct NormWeights {
  std::vector<std::vector<float>> attention;  // Of each block, before q/k/v.
  std::vector<std::vector<float>> q, k;       // Of each block, over the heads of q and of k.
  std::vector<std::vector<float>> mlp;        // Of each block, before gate/up.
  std::vector<float> final;                   // Before lm_head.
};

// DATA_LOSS as Checkpoint::ReadRows.
absl::StatusOr<NormWeights> ReadNormWeights(const Checkpoint& checkpoint);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_ENGINE_NORM_WEIGHTS_H_
