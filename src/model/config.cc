#include "model/config.h"

#include <algorithm>
#include <utility>

#include "base/file.h"
#include "base/strings.h"
#include "model/config_metadata.h"
#include "model/config_variants.h"
#include "model/json_fields.h"
#include "model/printable.h"

namespace sotto {
namespace {

// Bounds far beyond any Llama, and small enough that no product of three of them that we form
// (bytes of a tensor, positions x heads x head_dim) can overflow 64 bits.
constexpr int64_t kMaxHiddenSize = 1 << 18;
constexpr int64_t kMaxIntermediateSize = 1 << 20;
constexpr int64_t kMaxLayers = 1 << 12;
constexpr int64_t kMaxHeads = 1 << 12;
constexpr int64_t kMaxHeadDim = 1 << 12;
constexpr int64_t kMaxVocabSize = 1 << 24;
constexpr int64_t kMaxPositions = 1 << 27;

constexpr char kArchitecture[] = "LlamaForCausalLM";

absl::Status CheckArchitecture(const JsonFields& fields) {
  SOTTO_ASSIGN_OR_RETURN(const auto architectures, fields.TextList("architectures"));
  SOTTO_ASSIGN_OR_RETURN(const auto model_type, fields.Text("model_type"));
  if (architectures.empty() && !model_type) {
    return fields.Invalid("architectures", StrCat("is missing; it must hold ", kArchitecture));
  }
  if (!architectures.empty() && architectures.front() != kArchitecture) {
    return fields.Unsupported("architectures", StrCat("names ", Printable(architectures.front()),
                                                      "; supported is ", kArchitecture));
  }
  if (model_type && *model_type != "llama") {
    return fields.Unsupported("model_type",
                              StrCat("is ", Printable(*model_type), "; supported is llama"));
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> RequiredSize(const JsonFields& fields, const char* name, int64_t max) {
  SOTTO_ASSIGN_OR_RETURN(const auto value, fields.Integer(name, 1, max));
  if (!value) return fields.Invalid(name, "is missing");
  return static_cast<size_t>(*value);
}

absl::StatusOr<size_t> SizeOr(const JsonFields& fields, const char* name, int64_t max,
                              size_t fallback) {
  SOTTO_ASSIGN_OR_RETURN(const auto value, fields.Integer(name, 1, max));
  return value ? static_cast<size_t>(*value) : fallback;
}

absl::StatusOr<size_t> ParseHeadDim(const JsonFields& fields, const LlamaConfig& config) {
  SOTTO_ASSIGN_OR_RETURN(const auto explicit_dim, fields.Integer("head_dim", 1, kMaxHeadDim));
  if (!explicit_dim && config.hidden_size % config.num_heads != 0) {
    return fields.Invalid("num_attention_heads",
                          StrCat("is ", config.num_heads, ", which does not divide hidden_size ",
                                 config.hidden_size, ", and head_dim is not given"));
  }
  const size_t dim = explicit_dim ? *explicit_dim : config.hidden_size / config.num_heads;
  if (dim % 2 != 0 || dim > kMaxHeadDim) {
    return fields.Invalid("head_dim",
                          StrCat("is ", dim, "; it must be even and at most ", kMaxHeadDim));
  }
  return dim;
}

absl::Status ParseSizes(const JsonFields& fields, LlamaConfig& config) {
  SOTTO_ASSIGN_OR_RETURN(config.hidden_size, RequiredSize(fields, "hidden_size", kMaxHiddenSize));
  SOTTO_ASSIGN_OR_RETURN(config.intermediate_size,
                         RequiredSize(fields, "intermediate_size", kMaxIntermediateSize));
  SOTTO_ASSIGN_OR_RETURN(config.num_layers, RequiredSize(fields, "num_hidden_layers", kMaxLayers));
  SOTTO_ASSIGN_OR_RETURN(config.num_heads, RequiredSize(fields, "num_attention_heads", kMaxHeads));
  SOTTO_ASSIGN_OR_RETURN(config.num_kv_heads,
                         SizeOr(fields, "num_key_value_heads", kMaxHeads, config.num_heads));
  SOTTO_ASSIGN_OR_RETURN(config.vocab_size, RequiredSize(fields, "vocab_size", kMaxVocabSize));
  SOTTO_ASSIGN_OR_RETURN(config.max_position_embeddings,
                         SizeOr(fields, "max_position_embeddings", kMaxPositions, 2048));
  if (config.num_heads % config.num_kv_heads != 0) {
    return fields.Invalid("num_key_value_heads",
                          StrCat("is ", config.num_kv_heads,
                                 ", which does not divide num_attention_heads ", config.num_heads));
  }
  SOTTO_ASSIGN_OR_RETURN(config.head_dim, ParseHeadDim(fields, config));
  return absl::OkStatus();
}

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
absl::Status ParseRopeObject(const JsonFields& rope, LlamaConfig& config) {
  SOTTO_ASSIGN_OR_RETURN(const auto theta, rope.Number("rope_theta", 1.0, 1e12));
  if (theta) config.rope_theta = *theta;
  SOTTO_ASSIGN_OR_RETURN(config.rope_scaling.type, ParseRopeType(rope));
  SOTTO_RETURN_IF_ERROR(CheckRopeNames(rope, config.rope_scaling.type));
  if (config.rope_scaling.type == RopeScalingType::kNone) return absl::OkStatus();
  SOTTO_ASSIGN_OR_RETURN(const auto factor, rope.Number("factor", 1.0, 1e6));
  if (!factor) return rope.Invalid("factor", "is missing");
  config.rope_scaling.factor = *factor;
  if (config.rope_scaling.type == RopeScalingType::kLinear) return absl::OkStatus();
  return ParseLlama3Scaling(rope, config.rope_scaling);
}

absl::Status ParseRope(const JsonFields& fields, LlamaConfig& config) {
  SOTTO_ASSIGN_OR_RETURN(const auto theta, fields.Number("rope_theta", 1.0, 1e12));
  if (theta) config.rope_theta = *theta;
  if (fields.Has("rope_scaling") && fields.Has("rope_parameters")) {
    return fields.Invalid("rope_parameters", "is given together with rope_scaling");
  }
  const char* name = fields.Has("rope_parameters") ? "rope_parameters" : "rope_scaling";
  SOTTO_ASSIGN_OR_RETURN(const JsonFields rope, fields.Object(name));
  SOTTO_RETURN_IF_ERROR(ParseRopeObject(rope, config));
  if (!theta || config.rope_theta == *theta) return absl::OkStatus();
  return rope.Invalid("rope_theta", StrCat("is ", config.rope_theta, " but ", *theta, " outside"));
}

absl::Status ParseSwitches(const JsonFields& fields, LlamaConfig& config) {
  const std::pair<const char*, bool*> switches[] = {
      {"tie_word_embeddings", &config.tie_word_embeddings},
      {"attention_bias", &config.attention_bias},
      {"mlp_bias", &config.mlp_bias}};
  for (const auto& [name, target] : switches) {
    SOTTO_ASSIGN_OR_RETURN(const auto value, fields.Bool(name));
    *target = value.value_or(false);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LlamaConfig> ParseConfig(std::string_view json, const std::string& source) {
  SOTTO_ASSIGN_OR_RETURN(const JsonFields fields, JsonFields::Parse(json, source));
  SOTTO_RETURN_IF_ERROR(CheckArchitecture(fields));
  SOTTO_RETURN_IF_ERROR(CheckConfigVariants(fields));
  LlamaConfig config;
  SOTTO_RETURN_IF_ERROR(ParseSizes(fields, config));
  SOTTO_ASSIGN_OR_RETURN(const auto eps, fields.Number("rms_norm_eps", 1e-12, 1.0));
  config.rms_norm_eps = eps.value_or(1e-6);  // LlamaConfig's default in transformers.
  SOTTO_RETURN_IF_ERROR(ParseRope(fields, config));
  SOTTO_RETURN_IF_ERROR(ParseSwitches(fields, config));
  const int64_t last_id = static_cast<int64_t>(config.vocab_size) - 1;
  SOTTO_ASSIGN_OR_RETURN(config.bos_token_ids, fields.IntegerList("bos_token_id", 0, last_id));
  SOTTO_ASSIGN_OR_RETURN(config.eos_token_ids, fields.IntegerList("eos_token_id", 0, last_id));
  config.unknown_fields = UnknownConfigFields(fields);
  return config;
}

absl::StatusOr<LlamaConfig> LoadConfig(const std::string& model_dir) {
  const std::string path = StrCat(model_dir, "/config.json");
  SOTTO_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxConfigBytes));
  return ParseConfig(text, path);
}

}  // namespace sotto
