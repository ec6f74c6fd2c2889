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
  const sotto::AttentionSpec& attention = config->heads();
  SOTTO_CHECK(attention.head_dim % 2 == 0 && attention.num_heads % attention.num_kv_heads == 0);
  for (double frequency : sotto::RopeInverseFrequencies(attention.rope, attention.head_dim)) {
    SOTTO_CHECK(frequency >= 0 && frequency <= 1);
  }
  const auto again = sotto::ParseConfig(sotto::ConfigToJson(*config), "written");
  SOTTO_CHECK(again.ok());
  SOTTO_CHECK(sotto::ConfigToJson(*again) == sotto::ConfigToJson(*config));
  return 0;
}
