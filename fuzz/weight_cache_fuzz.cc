// A weight cache: any file, and a genuine one with bytes changed, is refused as damaged or gives
// layers of the model's own shapes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/file.h"
#include "trusted/linear/weight_cache.h"

namespace sotto {
namespace {

constexpr Precision kPrecision = Precision::kF32;
constexpr GemmOperands kForm = GemmOperands::kF32ByBf16;

ModelSpec OneSmallLayer() {
  LayerSpec layer{.attention = AttentionOf(1, 1, 4), .mlp = {.intermediate_size = 4}};
  layer.attention.qkv_bias = layer.attention.out_bias = true;
  ModelSpec config;
  config.hidden_size = 4;
  config.layers = {layer};
  config.vocab_size = 5;
  config.max_position_embeddings = 8;
  return config;
}

// A directory that is gone when the process ends.
class Cache {
 public:
  Cache() : config_(OneSmallLayer()), pool_(1) {
    std::string pattern = std::filesystem::temp_directory_path() / "sotto_fuzz_XXXXXX";
    SOTTO_CHECK(mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    path_ = directory_ + "/sotto-" + std::string(64, 'a') + ".weights";
    std::vector<PackedLayer> layers = Empty();
    SOTTO_CHECK(WriteWeightCache(path_, layers, pool_).ok());
    genuine_ = *ReadFile(path_);
  }
  ~Cache() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  const std::string& genuine() const { return genuine_; }

  void Try(std::string_view bytes) {
    SOTTO_CHECK(WriteFileAtomically(path_, bytes).ok());
    const auto layers = ReadWeightCache(path_, config_, kPrecision, forms_, pool_);
    if (!layers.ok()) {
      SOTTO_CHECK(layers.status().code() == absl::StatusCode::kDataLoss);
      return;
    }
    const std::vector<PackedLayer> empty = Empty();
    SOTTO_CHECK(layers->size() == empty.size());
    for (size_t i = 0; i < empty.size(); ++i) {
      SOTTO_CHECK((*layers)[i].weights.packed_bytes() == empty[i].weights.packed_bytes());
      SOTTO_CHECK((*layers)[i].bias.size() == empty[i].bias.size());
    }
  }

 private:
  std::vector<PackedLayer> Empty() const {
    std::vector<PackedLayer> layers;
    for (LinearLayer layer : AllLinearLayers(config_)) {
      absl::StatusOr<PackedLayer> empty = MakeEmptyLayer(config_, layer, kPrecision, kForm);
      SOTTO_CHECK(empty.ok());
      layers.push_back(*std::move(empty));
      std::ranges::fill(layers.back().weights.packed(), uint8_t{0});
    }
    return layers;
  }

  const ModelSpec config_;
  const WeightForms forms_ = WeightForms(AllLinearLayers(config_).size(), kForm);
  ThreadPool pool_;
  std::string directory_, path_, genuine_;
};

// Groups of five bytes: where (u32, modulo the size), and what to add there.
std::string Changed(std::string bytes, std::span<const uint8_t> edits) {
  for (; edits.size() >= 5; edits = edits.subspan(5)) {
    uint32_t at;
    std::memcpy(&at, edits.data(), sizeof at);
    bytes[at % bytes.size()] = static_cast<char>(bytes[at % bytes.size()] + edits[4]);
  }
  if (!edits.empty()) bytes.resize(bytes.size() * edits[0] / 255);
  return bytes;
}

}  // namespace
}  // namespace sotto

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static sotto::Cache cache;
  cache.Try({reinterpret_cast<const char*>(data), size});
  cache.Try(sotto::Changed(cache.genuine(), {data, size}));
  return 0;
}
