#include "model/config_presets.h"

#include <filesystem>
#include <system_error>

#include "base/file.h"
#include "base/strings.h"

namespace sotto {
namespace {

// What the two share: the tokenizer, RoPE and the number of heads of the Llama 3 family.
ModelSpec Llama3Base(size_t layers, size_t head_dim, size_t intermediate_size, double rope_factor) {
  LayerSpec layer{.attention = AttentionOf(32, 8, head_dim),
                  .mlp = {.intermediate_size = intermediate_size}};
  layer.attention.rope = {500000.0, {.type = RopeScalingType::kLlama3, .factor = rope_factor}};
  ModelSpec config;
  config.layers.assign(layers, layer);
  config.vocab_size = 128256;
  config.max_position_embeddings = 131072;
  config.bos_token_ids = {128000};
  config.eos_token_ids = {128001};
  return config;
}

ModelSpec Llama32With1B() {
  ModelSpec config = Llama3Base(16, 64, 8192, 32.0);
  config.hidden_size = 2048;
  config.tie_word_embeddings = true;
  return config;
}

ModelSpec Llama31With8B() {
  ModelSpec config = Llama3Base(32, 128, 14336, 8.0);
  config.hidden_size = 4096;
  return config;
}

}  // namespace

absl::StatusOr<ModelSpec> ConfigLike(const std::string& name_or_path) {
  if (name_or_path == "llama-3.2-1b") return Llama32With1B();
  if (name_or_path == "llama-3.1-8b") return Llama31With8B();
  std::error_code ignored;
  if (std::filesystem::is_directory(name_or_path, ignored)) return LoadConfig(name_or_path);
  if (!std::filesystem::exists(name_or_path, ignored)) {
    return absl::NotFoundError(StrCat(name_or_path,
                                      ": neither a known shape (llama-3.2-1b, llama-3.1-8b) nor "
                                      "the path of a config.json"));
  }
  SOTTO_ASSIGN_OR_RETURN(const std::string text, ReadFile(name_or_path, kMaxConfigBytes));
  return ParseConfig(text, name_or_path);
}

}  // namespace sotto
