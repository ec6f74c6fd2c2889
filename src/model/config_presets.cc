#include "model/config_presets.h"

#include <filesystem>
#include <system_error>

#include "base/file.h"
#include "base/strings.h"

namespace sotto {
namespace {

// What the two share: the tokenizer, RoPE and the attention heads of the Llama 3 family.
LlamaConfig Llama3Base() {
  LlamaConfig config;
  config.num_heads = 32;
  config.num_kv_heads = 8;
  config.vocab_size = 128256;
  config.max_position_embeddings = 131072;
  config.rms_norm_eps = 1e-5;
  config.rope_theta = 500000.0;
  config.rope_scaling.type = RopeScalingType::kLlama3;
  config.bos_token_ids = {128000};
  config.eos_token_ids = {128001};
  return config;
}

LlamaConfig Llama32With1B() {
  LlamaConfig config = Llama3Base();
  config.hidden_size = 2048;
  config.intermediate_size = 8192;
  config.num_layers = 16;
  config.head_dim = 64;
  config.rope_scaling.factor = 32.0;
  config.tie_word_embeddings = true;
  return config;
}

LlamaConfig Llama31With8B() {
  LlamaConfig config = Llama3Base();
  config.hidden_size = 4096;
  config.intermediate_size = 14336;
  config.num_layers = 32;
  config.head_dim = 128;
  config.rope_scaling.factor = 8.0;
  return config;
}

}  // namespace

absl::StatusOr<LlamaConfig> ConfigLike(const std::string& name_or_path) {
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
