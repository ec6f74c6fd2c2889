// config.json: whatever the text, a config that is accepted is consistent, and reads back as
// itself.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "model/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto config =
      sotto::ParseConfig({reinterpret_cast<const char*>(data), size}, "config.json");
  if (!config.ok()) return 0;
  SOTTO_CHECK(!config->layers.empty());
  const bool classifier = config->head.kind == sotto::HeadKind::kClassifier;
  SOTTO_CHECK(classifier != config->head.labels.empty());
  SOTTO_CHECK(config->has_lm_head() || !config->tie_word_embeddings);
  for (const sotto::LayerSpec& layer : config->layers) {
    const sotto::AttentionSpec& attention = layer.attention;
    SOTTO_CHECK(attention.head_dim % 2 == 0 && attention.num_heads % attention.num_kv_heads == 0);
    SOTTO_CHECK(attention.window.value_or(1) >= 1);
  }
  // Layers rotate in two ways at most: most of them, and those of the other type.
  for (const size_t layer : {size_t{0}, config->num_layers() - 1}) {
    const sotto::AttentionSpec& attention = config->layers[layer].attention;
    for (double frequency : sotto::RopeInverseFrequencies(attention.rope, attention.head_dim)) {
      SOTTO_CHECK(frequency >= 0 && frequency <= 1);
    }
  }
  const auto again = sotto::ParseConfig(sotto::ConfigToJson(*config), "written");
  SOTTO_CHECK(again.ok());
  SOTTO_CHECK(sotto::ConfigToJson(*again) == sotto::ConfigToJson(*config));
  return 0;
}
