#include "trusted/engine/norm_weights.h"

#include <string>

#include "model/tensor_names.h"

namespace sotto {
namespace {

absl::StatusOr<std::vector<float>> ReadVector(const Checkpoint& checkpoint,
                                              const std::string& name) {
  SOTTO_ASSIGN_OR_RETURN(const TensorRef tensor, checkpoint.Find(name));
  std::vector<float> values(tensor.shape[0]);
  SOTTO_RETURN_IF_ERROR(checkpoint.ReadRows(tensor, 0, {values.data(), 1, values.size()}));
  return values;
}

}  // namespace

absl::StatusOr<NormWeights> ReadNormWeights(const Checkpoint& checkpoint) {
  NormWeights out;
  for (size_t block = 0; block < checkpoint.config().num_layers(); ++block) {
    SOTTO_ASSIGN_OR_RETURN(
        std::vector<float> attention,
        ReadVector(checkpoint, BlockTensorName(block, "input_layernorm.weight")));
    SOTTO_ASSIGN_OR_RETURN(
        std::vector<float> mlp,
        ReadVector(checkpoint, BlockTensorName(block, "post_attention_layernorm.weight")));
    std::vector<float> q, k;
    if (checkpoint.config().layers[block].attention.qk_norm) {
      SOTTO_ASSIGN_OR_RETURN(
          q, ReadVector(checkpoint, BlockTensorName(block, "self_attn.q_norm.weight")));
      SOTTO_ASSIGN_OR_RETURN(
          k, ReadVector(checkpoint, BlockTensorName(block, "self_attn.k_norm.weight")));
    }
    out.q.push_back(std::move(q));
    out.k.push_back(std::move(k));
    out.attention.push_back(std::move(attention));
    out.mlp.push_back(std::move(mlp));
  }
  SOTTO_ASSIGN_OR_RETURN(out.final, ReadVector(checkpoint, kFinalNormName));
  return out;
}

}  // namespace sotto
