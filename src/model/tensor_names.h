// The tensors that a checkpoint must hold, by their Hugging Face names.
#ifndef SOTTO_MODEL_TENSOR_NAMES_H_
#define SOTTO_MODEL_TENSOR_NAMES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "model/model_spec.h"

namespace sotto {

inline constexpr char kEmbeddingName[] = "model.embed_tokens.weight";
inline constexpr char kFinalNormName[] = "model.norm.weight";
inline constexpr char kLmHeadName[] = "lm_head.weight";
// Of a classifier: [labels, hidden_size] and [labels].
inline constexpr char kScoreName[] = "score.weight";
inline constexpr char kScoreBiasName[] = "score.bias";

// "model.layers.3." + suffix, e.g. "self_attn.q_proj.weight".
std::string BlockTensorName(size_t block, std::string_view suffix);

struct NamedShape {
  std::string name;
  std::vector<size_t> shape;
};

// Every tensor the model needs, in the order the forward pass uses them: the embedding, each
// block's tensors, the final norm, and its head: lm_head where it is not tied to the embedding, or
// a classifier's rows.
std::vector<NamedShape> RequiredTensors(const ModelSpec& config);

}  // namespace sotto

#endif  // SOTTO_MODEL_TENSOR_NAMES_H_
