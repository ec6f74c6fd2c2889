// model.safetensors.index.json: no accepted shard name leads out of the model's directory.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "model/shard_index.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto index =
      sotto::ParseShardIndex({reinterpret_cast<const char*>(data), size}, "index.json");
  if (!index.ok()) return 0;
  SOTTO_CHECK(!index->empty());
  for (const auto& [tensor, shard] : *index) {
    SOTTO_CHECK(shard.find('/') == std::string::npos && shard.front() != '.');
  }
  return 0;
}
