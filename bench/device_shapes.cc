#include "device_shapes.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "accelerator/work_buffer.h"

namespace sotto {
namespace {

using nlohmann::json;

struct Layer {
  const char* name;
  size_t n_in, n_out;
};
struct ModelLayers {
  const char* name;
  size_t blocks;  // Each of the first four layers.
  std::array<Layer, 5> layers;
};
constexpr size_t kBlockLayers = 4;
constexpr ModelLayers kModels[] = {
    {"1B",
     16,
     {{{"qkv", 2048, 3072},
       {"attention_output", 2048, 2048},
       {"gate_up", 2048, 16384},
       {"down", 8192, 2048},
       {"lm_head", 2048, 128256}}}},
    {"8B, 2 layers",
     2,
     {{{"qkv", 4096, 6144},
       {"attention_output", 4096, 4096},
       {"gate_up", 4096, 28672},
       {"down", 14336, 4096},
       {"lm_head", 4096, 128256}}}},
};

// Weights of eight or twelve bits, rows uploaded or of a seed; or floats.
struct Format {
  const char* name;
  int planes;  // Of weights of bytes; 0: floats.
  bool seed = false;
};
constexpr Format kFormats[] = {{.name = "ring, 12 bits", .planes = 2},
                               {.name = "ring, 12 bits, seed", .planes = 2, .seed = true},
                               {.name = "ring, 8 bits", .planes = 1},
                               {.name = "float, fastest", .planes = 0}};

absl::StatusOr<double> MedianSeconds(absl::FunctionRef<absl::Status()> run) {
  constexpr int kRuns = 7;
  SOTTO_RETURN_IF_ERROR(run());  // Warms up.
  std::vector<double> seconds;
  for (int i = 0; i < kRuns; ++i) {
    const auto start = std::chrono::steady_clock::now();
    SOTTO_RETURN_IF_ERROR(run());
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + kRuns / 2, seconds.end());
  return seconds[kRuns / 2];
}

template <typename T>
Matrix<T> Filled(size_t rows, size_t columns, uint32_t modulus) {
  Matrix<T> m(rows, columns);
  for (size_t i = 0; i < rows * columns; ++i) {
    m.view().data()[i] = static_cast<T>(static_cast<int64_t>(i * 2654435761u % modulus) -
                                        static_cast<int64_t>(modulus / 2));
  }
  return m;
}

absl::StatusOr<std::unique_ptr<DeviceWeights>> Load(Device& device, const Format& format,
                                                    const Layer& layer) {
  if (format.planes == 0) {
    return device.LoadFloat(Filled<float>(layer.n_out, layer.n_in, 251).view(),
                            FloatPrecision::kFastest);
  }
  const uint32_t modulus = format.planes == 1 ? 255 : 2 * kMaxRingWeight + 1;
  return device.LoadRing(Filled<int16_t>(layer.n_out, layer.n_in, modulus).view());
}

class Rows {
 public:
  Rows(Device& device, size_t tokens, const Layer& layer)
      : tokens_(tokens), layer_(layer), x_(device), y_(device) {
    x_.Resize(tokens * layer.n_in * sizeof(uint32_t));
    y_.Resize(tokens * layer.n_out * sizeof(uint32_t));
    // Small floats and, as words, numbers like any others.
    std::fill_n(reinterpret_cast<uint32_t*>(x_.bytes().data()), tokens * layer.n_in, 0x3f81a2c3u);
  }

  absl::Status Multiply(Device& device, const Format& format, const DeviceWeights& weights) {
    static constexpr std::array<uint8_t, 32> kSeed{1, 2, 3};
    if (format.seed) return device.MultiplyRingSeed(weights, kSeed, std::nullopt, Y<uint32_t>());
    if (format.planes > 0) return device.MultiplyRing(weights, X<uint32_t>(), Y<uint32_t>());
    return device.MultiplyFloat(weights, X<float>(), Y<float>());
  }

 private:
  template <typename T>
  ConstMatrixView<T> X() {
    return {reinterpret_cast<T*>(x_.bytes().data()), tokens_, layer_.n_in};
  }
  template <typename T>
  MatrixView<T> Y() {
    return {reinterpret_cast<T*>(y_.bytes().data()), tokens_, layer_.n_out};
  }

  const size_t tokens_;
  const Layer layer_;
  WorkBuffer x_, y_;
};

absl::StatusOr<json> MeasureLayer(Device& device, const Format& format, const Layer& layer,
                                  size_t tokens) {
  SOTTO_ASSIGN_OR_RETURN(const auto weights, Load(device, format, layer));
  Rows rows(device, tokens, layer);
  SOTTO_ASSIGN_OR_RETURN(const double seconds,
                         MedianSeconds([&] { return rows.Multiply(device, format, *weights); }));
  // A ring product is four products of bytes for each plane of the weights.
  const double products = format.planes == 0 ? 1 : 4 * format.planes;
  const double operations =
      2 * products * static_cast<double>(tokens) * static_cast<double>(layer.n_in * layer.n_out);
  return json{{"name", layer.name}, {"rows", tokens},
              {"n_in", layer.n_in}, {"n_out", layer.n_out},
              {"seconds", seconds}, {"operations_per_second", operations / seconds}};
}

absl::StatusOr<json> MeasureModel(Device& device, const ModelLayers& model, const Format& format,
                                  const DeviceShapesOptions& options) {
  json products = json::array();
  double seconds = 0.0;
  for (size_t i = 0; i < model.layers.size(); ++i) {
    Layer layer = model.layers[i];
    layer.n_in /= options.divide;
    layer.n_out /= options.divide;
    const bool of_block = i < kBlockLayers;
    SOTTO_ASSIGN_OR_RETURN(json product,
                           MeasureLayer(device, format, layer, of_block ? options.tokens : 1));
    const double count = of_block ? static_cast<double>(model.blocks) : 1.0;
    seconds += count * product["seconds"].get<double>();
    products.push_back(std::move(product));
  }
  return json{{"model", model.name},
              {"format", format.name},
              {"tokens", options.tokens},
              {"tokens_per_second", static_cast<double>(options.tokens) / seconds},
              {"products", std::move(products)}};
}

}  // namespace

absl::StatusOr<json> MeasureShapes(Device& device, const DeviceShapesOptions& options) {
  json shapes = json::array();
  for (const ModelLayers& model : kModels) {
    for (const Format& format : kFormats) {
      if (format.seed && !device.expands_seeds()) continue;
      SOTTO_ASSIGN_OR_RETURN(json measured, MeasureModel(device, model, format, options));
      shapes.push_back(std::move(measured));
    }
  }
  return shapes;
}

}  // namespace sotto
