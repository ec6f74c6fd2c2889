#include "model/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "model/config_presets.h"
#include "nlohmann/json.hpp"
#include "testing/test_data.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A valid config with some fields replaced (or, by `json` null under "-NAME", removed).
json Base() {
  return {{"architectures", {"LlamaForCausalLM"}},
          {"model_type", "llama"},
          {"hidden_size", 64},
          {"intermediate_size", 172},
          {"num_hidden_layers", 5},
          {"num_attention_heads", 8},
          {"num_key_value_heads", 4},
          {"vocab_size", 512},
          {"max_position_embeddings", 256},
          {"hidden_act", "silu"},
          {"rms_norm_eps", 1e-5}};
}
absl::StatusOr<ModelSpec> With(const std::string& field, const json& value) {
  json config = Base();
  config[field] = value;
  return ParseConfig(config.dump(), "C");
}
absl::StatusOr<ModelSpec> Without(const std::string& field) {
  json config = Base();
  config.erase(field);
  return ParseConfig(config.dump(), "C");
}

const RopeSpec& RopeOf(const absl::StatusOr<ModelSpec>& config) { return config->heads().rope; }

void ExpectConfigError(const absl::Status& status, absl::StatusCode code, const std::string& what) {
  EXPECT_EQ(status.code(), code) << status;
  const std::string message(status.message());
  EXPECT_THAT(message, HasSubstr("C: "));
  EXPECT_THAT(message, HasSubstr(what));
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

TEST(ConfigTest, ReadsTheShippedModel) {
  const auto config = LoadConfig(ShippedModelDir());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->hidden_size, 192u);
  EXPECT_EQ(config->heads().q_size(), 192u);
  EXPECT_EQ(config->heads().kv_size(), 64u);
  EXPECT_EQ(RopeOf(config).scaling.type, RopeScalingType::kLlama3);
  EXPECT_EQ(RopeOf(config).scaling.factor, 32.0);
  EXPECT_TRUE(config->tie_word_embeddings);
  EXPECT_THAT(config->bos_token_ids, ElementsAre(2040));
}

TEST(ConfigTest, Defaults) {
  const auto config = ParseConfig(Base().dump(), "C");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->heads().head_dim, 8u);
  EXPECT_EQ(RopeOf(config).theta, 10000.0);
  EXPECT_EQ(RopeOf(config).scaling.type, RopeScalingType::kNone);
  EXPECT_FALSE(config->tie_word_embeddings || config->heads().qkv_bias ||
               config->heads().out_bias || config->layers[0].mlp.bias);
  EXPECT_TRUE(config->bos_token_ids.empty());
  EXPECT_EQ(Without("rms_norm_eps")->layers[0].norm_eps, 1e-6);
  EXPECT_EQ(Without("num_key_value_heads")->heads().num_kv_heads, 8u);
  EXPECT_EQ(Without("max_position_embeddings")->max_position_embeddings, 2048u);
}

TEST(ConfigTest, HeadDim) {
  EXPECT_EQ(With("head_dim", 32)->heads().q_size(), 256u);
  EXPECT_EQ(With("head_dim", nullptr)->heads().head_dim, 8u);
  ExpectConfigError(With("head_dim", 7).status(), absl::StatusCode::kInvalidArgument, "even");
  ExpectConfigError(With("hidden_size", 65).status(), absl::StatusCode::kInvalidArgument,
                    "does not divide");
}

TEST(ConfigTest, TokenIdsAsNumberListOrNothing) {
  EXPECT_THAT(With("eos_token_id", 2)->eos_token_ids, ElementsAre(2));
  EXPECT_THAT(With("eos_token_id", {2, 5, 511})->eos_token_ids, ElementsAre(2, 5, 511));
  EXPECT_TRUE(With("eos_token_id", nullptr)->eos_token_ids.empty());
  for (const json& bad :
       {json(-1), json(512), json("2"), json(2.5), json({1, "2"}), json(json::object())}) {
    ExpectConfigError(With("bos_token_id", bad).status(), absl::StatusCode::kInvalidArgument,
                      "bos_token_id");
  }
}

TEST(ConfigTest, RopeScalingInBothSpellings) {
  for (const char* spelling : {"rope_type", "type"}) {
    const auto linear = With("rope_scaling", {{spelling, "linear"}, {"factor", 2}});
    ASSERT_TRUE(linear.ok()) << linear.status();
    EXPECT_EQ(RopeOf(linear).scaling.type, RopeScalingType::kLinear);
    EXPECT_EQ(RopeOf(linear).scaling.factor, 2.0);
    const auto llama3 = With("rope_scaling", {{spelling, "llama3"},
                                              {"factor", 8.0},
                                              {"low_freq_factor", 1.0},
                                              {"high_freq_factor", 4.0},
                                              {"original_max_position_embeddings", 64}});
    ASSERT_TRUE(llama3.ok()) << llama3.status();
    EXPECT_EQ(RopeOf(llama3).scaling.original_max_position_embeddings, 64.0);
  }
  EXPECT_EQ(RopeOf(With("rope_scaling", nullptr)).scaling.type, RopeScalingType::kNone);
  EXPECT_EQ(RopeOf(With("rope_scaling", {{"rope_type", "default"}})).scaling.type,
            RopeScalingType::kNone);
}

TEST(ConfigTest, RopeParametersOfNewerTransformers) {
  const auto config =
      With("rope_parameters", {{"rope_type", "linear"}, {"rope_theta", 5e5}, {"factor", 4.0}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(RopeOf(config).theta, 5e5);
  EXPECT_EQ(RopeOf(config).scaling.factor, 4.0);
}

TEST(ConfigTest, BadRopeScaling) {
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  ExpectConfigError(With("rope_scaling", {{"rope_type", "yarn"}, {"factor", 2}}).status(),
                    absl::StatusCode::kUnimplemented, "\"yarn\"; supported are default, linear");
  ExpectConfigError(With("rope_scaling", {{"type", "linear"}}).status(), kInvalid,
                    "rope_scaling.factor is missing");
  ExpectConfigError(With("rope_scaling", {{"type", "linear"}, {"factor", 0}}).status(), kInvalid,
                    "rope_scaling.factor is 0");
  ExpectConfigError(With("rope_scaling", {{"type", "linear"}, {"rope_type", "llama3"}}).status(),
                    kInvalid, "rope_type");
  ExpectConfigError(With("rope_scaling", {{"type", "llama3"},
                                          {"factor", 8},
                                          {"low_freq_factor", 4},
                                          {"high_freq_factor", 4},
                                          {"original_max_position_embeddings", 64}})
                        .status(),
                    kInvalid, "high_freq_factor");
  ExpectConfigError(With("rope_scaling", {{"type", "llama3"}, {"factor", 8}}).status(), kInvalid,
                    "low_freq_factor is missing");
  ExpectConfigError(With("rope_scaling", "linear").status(), kInvalid, "rope_scaling");
}

// Each would be a model that computes something else, read as one without scaling.
TEST(ConfigTest, RopeFieldsThatWouldBeIgnoredAreNamed) {
  for (const char* object : {"rope_scaling", "rope_parameters"}) {
    ExpectConfigError(With(object, {{"factor", 8.0}}).status(), absl::StatusCode::kInvalidArgument,
                      std::string(object) + ".rope_type is missing");
    ExpectConfigError(With(object, {{"factor", 8.0},
                                    {"low_freq_factor", 1.0},
                                    {"high_freq_factor", 4.0},
                                    {"original_max_position_embeddings", 64}})
                          .status(),
                      absl::StatusCode::kInvalidArgument, "rope_type is missing");
    ExpectConfigError(With(object, {{"rope_type", "default"}, {"factor", 8.0}}).status(),
                      absl::StatusCode::kUnimplemented, "\"factor\" is set");
    ExpectConfigError(With(object, {{"type", "linear"}, {"factor", 2}, {"beta_fast", 32}}).status(),
                      absl::StatusCode::kUnimplemented, "\"beta_fast\" is set");
    ExpectConfigError(
        With(object, {{"type", "linear"}, {"factor", 2}, {"low_freq_factor", 1}}).status(),
        absl::StatusCode::kUnimplemented, "\"low_freq_factor\" is set");
    ExpectConfigError(
        With(object, {{"rope_type", "default"}, {"partial_rotary_factor", 0.5}}).status(),
        absl::StatusCode::kUnimplemented, "partial_rotary_factor is 0.5");
    EXPECT_TRUE(With(object, json::object()).ok());
    EXPECT_EQ(RopeOf(With(object, {{"rope_theta", 5e5}})).theta, 5e5);
    EXPECT_TRUE(With(object, {{"type", "linear"}, {"factor", 2}, {"beta_fast", nullptr}}).ok());
  }
  json twice = Base();
  twice["rope_theta"] = 10000.0;
  twice["rope_parameters"] = {{"rope_type", "default"}, {"rope_theta", 5e5}};
  ExpectConfigError(ParseConfig(twice.dump(), "C").status(), absl::StatusCode::kInvalidArgument,
                    "rope_parameters.rope_theta is 500000 but 10000 outside");
}

TEST(ConfigTest, FieldsOfFamiliesThatComputeSomethingElseAreNamed) {
  const std::pair<const char*, json> refused[] = {
      {"rope_interleaved", true},
      {"rope_interleave", true},
      {"partial_rotary_factor", 0.5},
      {"rotary_pct", 0.25},
      {"rotary_dim", 4},
      {"no_rope_layers", {0, 1}},
      {"alibi", true},
      {"position_embedding_type", "absolute"},
      {"sliding_window", 128},
      {"attention_chunk_size", 64},
      {"use_sliding_window", true},
      {"layer_types", std::vector<std::string>(5, "sliding_attention")},
      {"layer_types", std::vector<std::string>(5, "linear_attention")},
      {"is_encoder_decoder", true},
      {"use_mrope", true},
      {"attention_multiplier", 0.1},
      {"embedding_multiplier", 12.0},
      {"residual_multiplier", 0.22},
      {"logits_scaling", 8.0},
      {"logit_scale", 0.0625},
      {"query_pre_attn_scalar", 256},
      {"final_logit_softcapping", 30.0},
      {"attn_logit_softcapping", 50.0},
      {"scale_emb", 12},
      {"scale_depth", 1.4},
      {"use_qk_norm", true},
      {"clip_qkv", 8},
      {"qkv_bias", true},
      {"hidden_activation", "gelu_pytorch_tanh"},
      {"num_local_experts", 8},
      {"quantization_config", {{"bits", 4}}},
      {"quantization", {{"bits", 4}}},
      {"auto_map", {{"AutoModelForCausalLM", "modeling_other.Other"}}}};
  for (const auto& [field, value] : refused) {
    ExpectConfigError(With(field, value).status(), absl::StatusCode::kUnimplemented,
                      field == std::string("auto_map") ? "auto_map.AutoModelForCausalLM" : field);
  }
}

// What transformers writes for a plain Llama, and what changes nothing.
TEST(ConfigTest, NeutralValuesAndOtherFieldsAreTaken) {
  const std::pair<const char*, json> taken[] = {
      {"rope_interleaved", false},
      {"partial_rotary_factor", 1.0},
      {"sliding_window", nullptr},
      {"layer_types", std::vector<std::string>(5, "full_attention")},
      {"is_encoder_decoder", false},
      {"use_mrope", false},
      {"logits_scaling", 1.0},
      {"embedding_multiplier", 1},
      {"pretraining_tp", 2},  // The same product in slices.
      {"attention_dropout", 0.1},
      {"initializer_range", 0.02},
      {"torch_dtype", "bfloat16"},
      {"use_cache", true},
      {"auto_map", {{"AutoConfig", "configuration_other.Other"}}}};
  for (const auto& [field, value] : taken) EXPECT_TRUE(With(field, value).ok()) << field;
  EXPECT_THAT(
      std::string(With("sliding_window", 128).status().message()),
      testing::HasSubstr("sliding_window must be absent: models of this family are computed "
                         "without windows"));
  json unused_window = Base();
  unused_window["sliding_window"] = 4096;
  unused_window["use_sliding_window"] = false;
  EXPECT_TRUE(ParseConfig(unused_window.dump(), "C").ok());
}

TEST(ConfigTest, OnlyFloatsOf16And32BitsAreComputedWith) {
  for (const char* field : {"torch_dtype", "dtype"}) {
    for (const char* type : {"float16", "bfloat16", "float32"}) {
      EXPECT_TRUE(With(field, type).ok()) << type;
    }
    EXPECT_TRUE(With(field, nullptr).ok());
    for (const char* type : {"float64", "int8", "float8_e4m3fn", ""}) {
      ExpectConfigError(With(field, type).status(), absl::StatusCode::kUnimplemented, field);
    }
  }
}

TEST(ConfigTest, UnknownFieldsAreTakenAndListed) {
  for (const json& base : {Base(), json::parse(ConfigToJson(*ParseConfig(Base().dump(), "C")))}) {
    json config = base;
    config.update({{"_name_or_path", "x"},
                   {"transformers_version", "4.46.0"},
                   {"pad_token_id", -1},
                   {"rope_interleaved", false},
                   {"use_sliding_window", false},
                   {"sliding_window", 4096}});
    EXPECT_THAT(ParseConfig(config.dump(), "C")->unknown_fields, IsEmpty());
    config.update({{"tanh_scale", 3}, {"\x1b[31m", true}, {"absent", nullptr}});
    EXPECT_THAT(ParseConfig(config.dump(), "C")->unknown_fields,
                ElementsAre("\"?[31m\"", "\"tanh_scale\""));
  }
}

TEST(ConfigTest, NeededFieldsAreNamedWhenMissing) {
  for (const char* field : {"hidden_size", "intermediate_size", "num_hidden_layers",
                            "num_attention_heads", "vocab_size"}) {
    ExpectConfigError(Without(field).status(), absl::StatusCode::kInvalidArgument,
                      std::string(field) + " is missing");
  }
}

TEST(ConfigTest, ZeroNegativeHugeAndWrongTypedFieldsAreNamed) {
  for (const char* field :
       {"hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
        "num_key_value_heads", "vocab_size", "max_position_embeddings", "head_dim"}) {
    for (const json& bad :
         {json(0), json(-3), json(1'000'000'000'000), json(~uint64_t{0}), json(1e300), json(64.0),
          json("64"), json(true), json({64}), json(json::object())}) {
      ExpectConfigError(With(field, bad).status(), absl::StatusCode::kInvalidArgument, field);
    }
  }
  for (const char* field : {"rms_norm_eps", "rope_theta"}) {
    for (const json& bad : {json(0), json(-1e-5), json(1e300), json("1e-5"), json(false)}) {
      ExpectConfigError(With(field, bad).status(), absl::StatusCode::kInvalidArgument, field);
    }
  }
  for (const char* field : {"tie_word_embeddings", "attention_bias", "mlp_bias"}) {
    for (const json& bad : {json(0), json("true"), json(json::array())}) {
      ExpectConfigError(With(field, bad).status(), absl::StatusCode::kInvalidArgument, field);
    }
  }
}

TEST(ConfigTest, HeadsMustDivide) {
  ExpectConfigError(With("num_key_value_heads", 3).status(), absl::StatusCode::kInvalidArgument,
                    "num_key_value_heads");
  ExpectConfigError(With("num_key_value_heads", 16).status(), absl::StatusCode::kInvalidArgument,
                    "num_key_value_heads");
}

TEST(ConfigTest, OtherModelsSayWhatIsSupported) {
  constexpr auto kUnimplemented = absl::StatusCode::kUnimplemented;
  ExpectConfigError(With("architectures", {"GemmaForCausalLM"}).status(), kUnimplemented,
                    "\"GemmaForCausalLM\"; supported: LlamaForCausalLM");
  ExpectConfigError(With("model_type", "gemma").status(), kUnimplemented, "\"gemma\"");
  ExpectConfigError(With("hidden_act", "gelu").status(), kUnimplemented,
                    "\"gelu\"; supported is silu");
  ExpectConfigError(With("quantization_config", {{"bits", 4}}).status(), kUnimplemented,
                    "quantization_config");
  ExpectConfigError(With("partial_rotary_factor", 0.5).status(), kUnimplemented, "supported is 1");
  json nameless = Base();
  nameless.erase("architectures");
  EXPECT_TRUE(ParseConfig(nameless.dump(), "C").ok());
  nameless.erase("model_type");
  ExpectConfigError(ParseConfig(nameless.dump(), "C").status(), absl::StatusCode::kInvalidArgument,
                    "architectures is missing");
}

TEST(ConfigTest, NoJson) {
  for (const char* text : {"", "{", "{\"hidden_size\": 64", "{\"a\": 1e999}", "nonsense", "\xff"}) {
    ExpectConfigError(ParseConfig(text, "C").status(), absl::StatusCode::kDataLoss,
                      "not valid JSON");
  }
  ExpectConfigError(ParseConfig(R"({"rope_theta": 1, "rope_theta": 2})", "C").status(),
                    absl::StatusCode::kInvalidArgument, "\"rope_theta\" appears twice");
  for (const char* text : {"[]", "3", "null"}) {
    ExpectConfigError(ParseConfig(text, "C").status(), absl::StatusCode::kInvalidArgument,
                      "object");
  }
}

TEST(ConfigTest, MissingDirectory) {
  const absl::Status status = LoadConfig("/nowhere").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/nowhere/config.json"));
}

void ExpectSame(const ModelSpec& a, const ModelSpec& b) {
  EXPECT_EQ(ConfigToJson(a), ConfigToJson(b));
  EXPECT_EQ(a.heads().head_dim, b.heads().head_dim);
  EXPECT_EQ(a.heads().rope, b.heads().rope);
}

TEST(ConfigTest, WhatIsWrittenReadsBack) {
  for (const std::string& name : {std::string("llama-3.2-1b"), std::string("llama-3.1-8b"),
                                  ShippedModelDir(), ShippedModelDir() + "/config.json"}) {
    const auto config = ConfigLike(name);
    ASSERT_TRUE(config.ok()) << config.status();
    const auto again = ParseConfig(ConfigToJson(*config), "C");
    ASSERT_TRUE(again.ok()) << again.status();
    ExpectSame(*config, *again);
  }
  EXPECT_EQ(ConfigLike("llama-9").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace sotto
