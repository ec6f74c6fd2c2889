#include "model/families/window_fields.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/strings.h"
#include "model/families/decoder_fields.h"
#include "model/printable.h"

namespace sotto {
namespace {

constexpr char kFull[] = "full_attention", kSliding[] = "sliding_attention";
// transformers' defaults.
constexpr size_t kDefaultWindow = 4096, kDefaultMaxWindowLayers = 28;

using Sliding = std::vector<bool>;  // Of each layer.

absl::StatusOr<std::optional<size_t>> ReadWindow(const JsonFields& fields) {
  SOTTO_ASSIGN_OR_RETURN(const auto window, fields.Integer("sliding_window", 1, kMaxPositions));
  if (window) return static_cast<size_t>(*window);
  if (fields.IsNull("sliding_window")) return std::nullopt;
  return kDefaultWindow;
}

// What layer_types says, if it is there.
absl::StatusOr<std::optional<Sliding>> ReadLayerTypes(const JsonFields& fields, size_t layers) {
  SOTTO_ASSIGN_OR_RETURN(const auto types, fields.TextList("layer_types"));
  if (!fields.Has("layer_types")) return std::nullopt;
  if (types.size() != layers) {
    return fields.Invalid(
        "layer_types", StrCat("has ", types.size(), " entries, but num_hidden_layers is ", layers));
  }
  Sliding sliding;
  for (const std::string& type : types) {
    if (type != kFull && type != kSliding) {
      return fields.Unsupported(
          "layer_types", StrCat("names ", Printable(type), "; supported: ", kFull, ", ", kSliding));
    }
    sliding.push_back(type == kSliding);
  }
  return sliding;
}

absl::Status Contradiction(const JsonFields& fields, const Sliding& types, const Sliding& others) {
  const auto differ = std::ranges::mismatch(types, others);
  const auto layer = differ.in1 - types.begin();
  return fields.Invalid(
      "layer_types", StrCat("says ", *differ.in1 ? kSliding : kFull, " of layer ", layer,
                            ", but the fields of the window say ", *differ.in2 ? kSliding : kFull));
}

void SetWindows(const Sliding& sliding, std::optional<size_t> window, ModelSpec& spec) {
  for (size_t i = 0; i < spec.layers.size(); ++i) {
    if (sliding[i]) spec.layers[i].attention.window = window;
  }
}

}  // namespace

absl::Status CheckNoWindows(const JsonFields& fields, size_t layers) {
  SOTTO_ASSIGN_OR_RETURN(const auto uses_window, fields.Bool("use_sliding_window"));
  if (uses_window.value_or(true) && fields.Has("sliding_window")) {
    return fields.Unsupported(
        "sliding_window",
        "must be absent: models of this family are computed without windows, and with one every "
        "token would see fewer (use_sliding_window false says that it does not count)");
  }
  SOTTO_RETURN_IF_ERROR(fields.OnlyNeutral("use_sliding_window", false));
  SOTTO_ASSIGN_OR_RETURN(const auto types, ReadLayerTypes(fields, layers));
  if (!types || std::ranges::find(*types, true) == types->end()) return absl::OkStatus();
  return fields.Unsupported("layer_types", StrCat("names ", kSliding, "; supported: ", kFull));
}

absl::Status ReadMistralWindows(const JsonFields& fields, ModelSpec& spec) {
  SOTTO_ASSIGN_OR_RETURN(const std::optional<size_t> window, ReadWindow(fields));
  SOTTO_ASSIGN_OR_RETURN(const auto uses_window, fields.Bool("use_sliding_window"));
  if (uses_window && *uses_window != window.has_value()) {
    return fields.Invalid("use_sliding_window",
                          StrCat("is ", *uses_window ? "true" : "false", ", but there is ",
                                 window ? "a" : "no", " sliding_window"));
  }
  const Sliding sliding(spec.layers.size(), window.has_value());
  SOTTO_ASSIGN_OR_RETURN(const auto types, ReadLayerTypes(fields, spec.layers.size()));
  if (types && *types != sliding) return Contradiction(fields, *types, sliding);
  SetWindows(sliding, window, spec);
  return absl::OkStatus();
}

absl::Status ReadQwenWindows(const JsonFields& fields, ModelSpec& spec) {
  const size_t layers = spec.layers.size();
  SOTTO_ASSIGN_OR_RETURN(std::optional<size_t> window, ReadWindow(fields));
  SOTTO_ASSIGN_OR_RETURN(const auto uses_window, fields.Bool("use_sliding_window"));
  if (!uses_window.value_or(false)) window.reset();
  SOTTO_ASSIGN_OR_RETURN(const auto first, fields.Integer("max_window_layers", 0, kMaxPositions));
  SOTTO_ASSIGN_OR_RETURN(const auto types, ReadLayerTypes(fields, layers));
  Sliding sliding(layers, false);
  for (size_t i = 0; i < layers; ++i) {
    sliding[i] = window && i >= static_cast<size_t>(first.value_or(kDefaultMaxWindowLayers));
  }
  if (types && window && !first) sliding = *types;
  if (types && *types != sliding) return Contradiction(fields, *types, sliding);
  SetWindows(sliding, window, spec);
  return absl::OkStatus();
}

void WriteQwenWindows(const ModelSpec& spec, nlohmann::json& json) {
  std::optional<size_t> window;
  json["layer_types"] = nlohmann::json::array();
  for (const LayerSpec& layer : spec.layers) {
    if (layer.attention.window) window = layer.attention.window;
    json["layer_types"].push_back(layer.attention.window ? kSliding : kFull);
  }
  json["use_sliding_window"] = window.has_value();
  json["sliding_window"] = window ? nlohmann::json(*window) : nlohmann::json(nullptr);
}

}  // namespace sotto
