#include "model/families/rope_fields.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "model/families/decoder_fields.h"
#include "model/printable.h"

namespace sotto {
namespace {

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
  return rope.Unsupported(
      "rope_type", StrCat("is ", Printable(type), "; supported are default, linear and llama3"));
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

// `rope` is rope_scaling, or the rope_parameters of newer transformers, which also hold rope_theta.
absl::Status ParseRopeObject(const JsonFields& rope, RopeSpec& spec) {
  SOTTO_ASSIGN_OR_RETURN(const auto theta, rope.Number("rope_theta", 1.0, 1e12));
  if (theta) spec.theta = *theta;
  SOTTO_ASSIGN_OR_RETURN(spec.scaling.type, ParseRopeType(rope));
  SOTTO_RETURN_IF_ERROR(CheckRopeNames(rope, spec.scaling.type));
  if (spec.scaling.type == RopeScalingType::kNone) return absl::OkStatus();
  SOTTO_ASSIGN_OR_RETURN(const auto factor, rope.Number("factor", 1.0, 1e6));
  if (!factor) return rope.Invalid("factor", "is missing");
  spec.scaling.factor = *factor;
  if (spec.scaling.type == RopeScalingType::kLinear) return absl::OkStatus();
  return ParseLlama3Scaling(rope, spec.scaling);
}

nlohmann::json RopeScalingJson(const RopeScaling& scaling) {
  switch (scaling.type) {
    case RopeScalingType::kNone:
      return nullptr;
    case RopeScalingType::kLinear:
      return {{"factor", scaling.factor}, {"rope_type", "linear"}};
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

absl::StatusOr<RopeSpec> ReadRope(const JsonFields& fields) {
  RopeSpec spec;
  SOTTO_ASSIGN_OR_RETURN(const auto theta, fields.Number("rope_theta", 1.0, 1e12));
  if (theta) spec.theta = *theta;
  if (fields.Has("rope_scaling") && fields.Has("rope_parameters")) {
    return fields.Invalid("rope_parameters", "is given together with rope_scaling");
  }
  const char* name = fields.Has("rope_parameters") ? "rope_parameters" : "rope_scaling";
  SOTTO_ASSIGN_OR_RETURN(const JsonFields rope, fields.Object(name));
  SOTTO_RETURN_IF_ERROR(ParseRopeObject(rope, spec));
  if (!theta || spec.theta == *theta) return spec;
  return rope.Invalid("rope_theta", StrCat("is ", spec.theta, " but ", *theta, " outside"));
}

void WriteRope(const RopeSpec& rope, nlohmann::json& json) {
  json["rope_theta"] = rope.theta;
  json["rope_scaling"] = RopeScalingJson(rope.scaling);
}

}  // namespace sotto
