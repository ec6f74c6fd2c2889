#include "model/families/rope_fields.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "model/families/decoder_fields.h"
#include "model/printable.h"

namespace sotto {
namespace {

constexpr double kMinTheta = 1.0, kMaxTheta = 1e12;

// The fields of `rope_type` llama3.
absl::Status ParseLlama3Scaling(const JsonFields& rope, RopeScaling& scaling) {
  const std::pair<const char*, double*> needed[] = {
      {"low_freq_factor", &scaling.low_freq_factor},
      {"high_freq_factor", &scaling.high_freq_factor},
      {"original_max_position_embeddings", &scaling.original_max_position_embeddings}};
  for (const auto& [name, target] : needed) {
    SOTTO_ASSIGN_OR_RETURN(const auto value, rope.Number(name, 1e-3, kMaxPositions));
    if (!value) return rope.Invalid(name, "is missing");
    *target = *value;
  }
  if (scaling.high_freq_factor <= scaling.low_freq_factor) {
    return rope.Invalid("high_freq_factor", "must be greater than low_freq_factor");
  }
  return absl::OkStatus();
}

// The type under either spelling; transformers itself writes both at times.
absl::StatusOr<RopeScalingType> ParseRopeType(const JsonFields& rope) {
  SOTTO_ASSIGN_OR_RETURN(const auto new_spelling, rope.Text("rope_type"));
  SOTTO_ASSIGN_OR_RETURN(const auto old_spelling, rope.Text("type"));
  if (new_spelling && old_spelling && *new_spelling != *old_spelling) {
    return rope.Invalid("rope_type", StrCat("is ", Printable(*new_spelling), " but type is ",
                                            Printable(*old_spelling)));
  }
  if (!new_spelling && !old_spelling) {
    const std::vector<std::string> names = rope.Names();
    // rope_theta alone, as rope_parameters may hold it, scales nothing.
    if (names.empty() || names == std::vector<std::string>{"rope_theta"}) {
      return RopeScalingType::kNone;
    }
    return rope.Invalid("rope_type", "is missing, though there are other fields beside it");
  }
  const std::string type = new_spelling ? *new_spelling : *old_spelling;
  if (type == "default") return RopeScalingType::kNone;
  if (type == "linear") return RopeScalingType::kLinear;
  if (type == "llama3") return RopeScalingType::kLlama3;
  if (type == "dynamic") return RopeScalingType::kDynamic;
  return rope.Unsupported(
      "rope_type",
      StrCat("is ", Printable(type), "; supported are default, linear, llama3 and dynamic"));
}

// Refuses fields that the type does not know: who wrote one meant it to change something.
absl::Status CheckRopeNames(const JsonFields& rope, RopeScalingType type) {
  // What needs no type, or what other types may carry along unused.
  std::vector<std::string> known = {"rope_theta", "rope_type", "type",
                                    "original_max_position_embeddings", "partial_rotary_factor"};
  if (type != RopeScalingType::kNone) known.push_back("factor");
  if (type == RopeScalingType::kLlama3) {
    known.insert(known.end(), {"low_freq_factor", "high_freq_factor"});
  }
  for (const std::string& name : rope.Names()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return rope.Unsupported(Printable(name), "is set, but not known to this rope_type");
  }
  return rope.OnlyNeutral("partial_rotary_factor", 1);
}

// Beyond max_position_embeddings "dynamic" would stretch; what other limit an older one sets is not
// known.
absl::Status CheckDynamic(const JsonFields& rope, size_t max_positions) {
  constexpr char kOriginal[] = "original_max_position_embeddings";
  SOTTO_ASSIGN_OR_RETURN(const auto original, rope.Number(kOriginal, 1, kMaxPositions));
  if (!original || *original == static_cast<double>(max_positions)) return absl::OkStatus();
  return rope.Unsupported(kOriginal,
                          StrCat("is ", *original, "; with rope_type dynamic it must be ",
                                 "max_position_embeddings, ", max_positions, ", or absent"));
}

// `rope` is rope_scaling, or the rope_parameters of newer transformers, which also hold rope_theta;
// `outer_theta` the one beside it.
absl::StatusOr<RopeSpec> ParseRopeObject(const JsonFields& rope, std::optional<double> outer_theta,
                                         size_t max_positions) {
  RopeSpec spec;
  SOTTO_ASSIGN_OR_RETURN(const auto theta, rope.Number("rope_theta", kMinTheta, kMaxTheta));
  if (theta && outer_theta && *theta != *outer_theta) {
    return rope.Invalid("rope_theta", StrCat("is ", *theta, " but ", *outer_theta, " outside"));
  }
  spec.theta = theta.value_or(outer_theta.value_or(spec.theta));
  SOTTO_ASSIGN_OR_RETURN(spec.scaling.type, ParseRopeType(rope));
  SOTTO_RETURN_IF_ERROR(CheckRopeNames(rope, spec.scaling.type));
  if (spec.scaling.type == RopeScalingType::kNone) return spec;
  SOTTO_ASSIGN_OR_RETURN(const auto factor, rope.Number("factor", 1.0, 1e6));
  if (!factor) return rope.Invalid("factor", "is missing");
  spec.scaling.factor = *factor;
  if (spec.scaling.type == RopeScalingType::kDynamic) {
    SOTTO_RETURN_IF_ERROR(CheckDynamic(rope, max_positions));
  } else if (spec.scaling.type == RopeScalingType::kLlama3) {
    SOTTO_RETURN_IF_ERROR(ParseLlama3Scaling(rope, spec.scaling));
  }
  return spec;
}

constexpr const char* kLayerTypes[] = {"full_attention", "sliding_attention"};

std::string_view TypeOf(const LayerSpec& layer) {
  return kLayerTypes[layer.attention.window.has_value() ? 1 : 0];
}

// Whether rope_parameters holds an object for each type of layer.
bool IsPerType(const JsonFields& parameters) {
  return std::ranges::any_of(parameters.Names(),
                             [](const std::string& name) { return name.ends_with("_attention"); });
}

absl::Status ReadRopePerType(const JsonFields& parameters, std::optional<double> outer_theta,
                             ModelSpec& spec) {
  for (const std::string& name : parameters.Names()) {
    if (std::ranges::find(kLayerTypes, name) != std::end(kLayerTypes)) continue;
    return parameters.Unsupported(Printable(name), "is set beside objects for types of layers");
  }
  for (const char* type : kLayerTypes) {
    SOTTO_ASSIGN_OR_RETURN(const JsonFields fields, parameters.Object(type));
    SOTTO_ASSIGN_OR_RETURN(const RopeSpec rope,
                           ParseRopeObject(fields, outer_theta, spec.max_position_embeddings));
    for (LayerSpec& layer : spec.layers) {
      if (TypeOf(layer) != type) continue;
      if (!parameters.Has(type)) return parameters.Invalid(type, "is missing");
      layer.attention.rope = rope;
    }
  }
  return absl::OkStatus();
}

nlohmann::json RopeScalingJson(const RopeScaling& scaling) {
  switch (scaling.type) {
    case RopeScalingType::kNone:
      return nullptr;
    case RopeScalingType::kLinear:
      return {{"factor", scaling.factor}, {"rope_type", "linear"}};
    case RopeScalingType::kDynamic:
      return {{"factor", scaling.factor}, {"rope_type", "dynamic"}};
    case RopeScalingType::kLlama3:
      return {{"factor", scaling.factor},
              {"high_freq_factor", scaling.high_freq_factor},
              {"low_freq_factor", scaling.low_freq_factor},
              {"original_max_position_embeddings", scaling.original_max_position_embeddings},
              {"rope_type", "llama3"}};
  }
  return nullptr;
}

}  // namespace

absl::Status ReadRope(const JsonFields& fields, ModelSpec& spec) {
  SOTTO_ASSIGN_OR_RETURN(const auto theta, fields.Number("rope_theta", kMinTheta, kMaxTheta));
  SOTTO_ASSIGN_OR_RETURN(const JsonFields scaling, fields.Object("rope_scaling"));
  SOTTO_ASSIGN_OR_RETURN(const JsonFields parameters, fields.Object("rope_parameters"));
  const size_t positions = spec.max_position_embeddings;
  SOTTO_ASSIGN_OR_RETURN(const RopeSpec old_rope, ParseRopeObject(scaling, theta, positions));
  for (LayerSpec& layer : spec.layers) layer.attention.rope = old_rope;
  if (!fields.Has("rope_parameters")) return absl::OkStatus();
  if (IsPerType(parameters)) {
    SOTTO_RETURN_IF_ERROR(ReadRopePerType(parameters, theta, spec));
  } else {
    SOTTO_ASSIGN_OR_RETURN(const RopeSpec rope, ParseRopeObject(parameters, theta, positions));
    for (LayerSpec& layer : spec.layers) layer.attention.rope = rope;
  }
  if (!fields.Has("rope_scaling")) return absl::OkStatus();
  for (const LayerSpec& layer : spec.layers) {
    const RopeSpec& rope = layer.attention.rope;
    const bool same_theta = !scaling.Has("rope_theta") || rope.theta == old_rope.theta;
    if (same_theta && rope.scaling == old_rope.scaling) continue;
    return fields.Invalid("rope_parameters", "says something else than rope_scaling");
  }
  return absl::OkStatus();
}

void WriteRope(const ModelSpec& spec, nlohmann::json& json) {
  const RopeSpec& first = spec.layers.front().attention.rope;
  if (std::ranges::all_of(spec.layers,
                          [&](const LayerSpec& layer) { return layer.attention.rope == first; })) {
    json["rope_theta"] = first.theta;
    json["rope_scaling"] = RopeScalingJson(first.scaling);
    return;
  }
  for (const LayerSpec& layer : spec.layers) {
    nlohmann::json rope = RopeScalingJson(layer.attention.rope.scaling);
    if (rope.is_null()) rope["rope_type"] = "default";
    rope["rope_theta"] = layer.attention.rope.theta;
    json["rope_parameters"][std::string(TypeOf(layer))] = rope;
  }
}

}  // namespace sotto
