// A small model of each family, of odd sizes, with all that its layers can have. Test-only.
#ifndef SOTTO_TESTING_FAMILY_CONFIGS_H_
#define SOTTO_TESTING_FAMILY_CONFIGS_H_

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/thread_pool.h"
#include "model/checkpoint.h"
#include "model/families/family.h"
#include "model/random_model.h"
#include "testing/temp_dir.h"

namespace sotto {

struct FamilyConfig {
  const char* name;
  ModelSpec spec;
};

// hidden 36, 3 layers, 6 heads of 10, 2 KV heads, vocabulary 2048.
inline FamilyConfig OddFamily(const char* name, const char* architecture, bool tied) {
  ModelSpec spec;
  spec.architecture = architecture;
  spec.hidden_size = 36;
  spec.vocab_size = 2048;
  spec.max_position_embeddings = 1000;
  spec.tie_word_embeddings = tied;
  spec.layers.assign(3, {.attention = AttentionOf(6, 2, 10), .mlp = {.intermediate_size = 150}});
  return {name, spec};
}

// Layers from `first` on see a window.
inline void SetWindow(ModelSpec& spec, size_t first, size_t window) {
  for (size_t i = first; i < spec.layers.size(); ++i) spec.layers[i].attention.window = window;
}

inline std::vector<FamilyConfig> FamilyConfigs() {
  FamilyConfig llama = OddFamily("Llama", "LlamaForCausalLM", false);
  for (LayerSpec& layer : llama.spec.layers) {
    layer.attention.rope = {10000.0, {RopeScalingType::kLlama3, 4.0, 1.0, 4.0, 32}};
    layer.attention.qkv_bias = layer.attention.out_bias = layer.mlp.bias = true;
  }
  FamilyConfig mistral = OddFamily("Mistral", "MistralForCausalLM", false);
  SetWindow(mistral.spec, 0, 65);
  FamilyConfig qwen2 = OddFamily("Qwen2", "Qwen2ForCausalLM", true);
  for (LayerSpec& layer : qwen2.spec.layers) layer.attention.qkv_bias = true;
  SetWindow(qwen2.spec, 1, 7);
  FamilyConfig qwen3 = OddFamily("Qwen3", "Qwen3ForCausalLM", false);
  for (LayerSpec& layer : qwen3.spec.layers) layer.attention.qk_norm = true;
  SetWindow(qwen3.spec, 1, 64);
  qwen3.spec.layers[0].attention.rope = {500000.0, {RopeScalingType::kLinear, 2.0}};
  return {llama, mistral, qwen2, qwen3};
}

// The same layers with another head.
inline FamilyConfig WithHead(FamilyConfig family, HeadSpec head) {
  const Architecture old = ArchitectureNamed(family.spec.architecture);
  family.spec.architecture = Architecture{old.family, head.kind}.name();
  family.spec.tie_word_embeddings &= head.kind == HeadKind::kLmHead;
  family.spec.head = std::move(head);
  return family;
}

inline HeadSpec ClassifierHead(std::vector<std::string> labels) {
  const LabelActivation activation =
      labels.size() == 1 ? LabelActivation::kNone : LabelActivation::kSoftmax;
  return {.kind = HeadKind::kClassifier, .labels = std::move(labels), .activation = activation};
}

// Norms of random models are ones; these are not.
inline void ScrambleNorms(const std::string& model_dir) {
  const Checkpoint checkpoint = *Checkpoint::Open(model_dir);
  std::fstream file(model_dir + "/model.safetensors",
                    std::ios::binary | std::ios::in | std::ios::out);
  float next = 0.5f;
  for (const TensorRef& tensor : checkpoint.tensors()) {
    if (!tensor.name.ends_with("norm.weight")) continue;
    file.seekp(static_cast<std::streamoff>(tensor.begin));
    for (size_t i = 0; i < tensor.shape[0]; ++i) {
      file.write(reinterpret_cast<const char*>(&next), sizeof next);
      next = next > 1.5f ? next - 1.0f : next + 0.13f;
    }
  }
  SOTTO_CHECK(file.good());
}

// In f32; returns its directory.
inline std::string WriteFamilyModel(const FamilyConfig& family, const TempDir& dir) {
  const std::string path = dir.File(family.name);
  ThreadPool pool(1);
  SOTTO_CHECK(WriteRandomModel({family.spec, DType::kF32, 7}, path, pool).ok());
  ScrambleNorms(path);
  return path;
}

}  // namespace sotto

#endif  // SOTTO_TESTING_FAMILY_CONFIGS_H_
