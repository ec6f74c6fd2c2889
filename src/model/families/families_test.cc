// What each family reads of config.json in the spellings of transformers 4 and 5, and what it
// refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "model/config.h"
#include "nlohmann/json.hpp"
#include "testing/family_configs.h"

namespace sotto {
namespace {

using FamilyJson = nlohmann::json;
using testing::HasSubstr;

FamilyJson ConfigOf(const char* architecture, const char* model_type) {
  return {{"architectures", {architecture}},
          {"model_type", model_type},
          {"hidden_size", 96},
          {"intermediate_size", 160},
          {"num_hidden_layers", 4},
          {"num_attention_heads", 6},
          {"num_key_value_heads", 2},
          {"vocab_size", 512},
          {"max_position_embeddings", 512},
          {"hidden_act", "silu"}};
}
FamilyJson Qwen2() { return ConfigOf("Qwen2ForCausalLM", "qwen2"); }
FamilyJson Qwen3() { return ConfigOf("Qwen3ForCausalLM", "qwen3"); }
FamilyJson Mistral() { return ConfigOf("MistralForCausalLM", "mistral"); }

absl::StatusOr<ModelSpec> ParseFamily(FamilyJson config, const FamilyJson& more) {
  if (!more.is_null()) config.update(more);
  return ParseConfig(config.dump(), "C");
}

void ExpectError(const absl::StatusOr<ModelSpec>& spec, absl::StatusCode code,
                 const std::string& what) {
  EXPECT_EQ(spec.status().code(), code) << spec.status();
  EXPECT_THAT(std::string(spec.status().message()), HasSubstr("C: " + what));
}

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kUnsupported = absl::StatusCode::kUnimplemented;

using Windows = std::vector<std::optional<size_t>>;
constexpr std::nullopt_t kNone = std::nullopt;

Windows WindowsOf(const absl::StatusOr<ModelSpec>& spec) {
  EXPECT_TRUE(spec.ok()) << spec.status();
  Windows windows;
  if (!spec.ok()) return windows;
  for (const LayerSpec& layer : spec->layers) windows.push_back(layer.attention.window);
  return windows;
}

TEST(FamiliesTest, OldSpellingOfLlama) {
  const auto spec = ParseFamily(ConfigOf("LLaMAForCausalLM", "llama"), {});
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->architecture, "LlamaForCausalLM");
}

TEST(FamiliesTest, OthersAreNamed) {
  ExpectError(ParseFamily(Qwen2(), {{"architectures", {"Qwen2MoeForCausalLM"}}}), kUnsupported,
              "architectures names \"Qwen2MoeForCausalLM\"; supported: LlamaForCausalLM, "
              "MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM");
  ExpectError(ParseFamily(Qwen2(), {{"model_type", "gemma3"}}), kUnsupported,
              "model_type is \"gemma3\"; supported: llama, mistral, qwen2, qwen3");
  ExpectError(ParseFamily(Qwen2(), {{"model_type", "qwen3"}}), kInvalid, "model_type is \"qwen3\"");
  FamilyJson untyped = Qwen3(), nameless = Qwen3();
  untyped.erase("model_type");
  nameless.erase("architectures");
  EXPECT_EQ(ParseFamily(untyped, {})->architecture, "Qwen3ForCausalLM");
  EXPECT_EQ(ParseFamily(nameless, {})->architecture, "Qwen3ForCausalLM");
}

TEST(FamiliesTest, ArchitecturesThatContradictEachOther) {
  const auto names = [](std::vector<std::string> architectures) {
    return ParseFamily(Qwen2(), {{"architectures", std::move(architectures)}});
  };
  EXPECT_TRUE(names({"Qwen2ForCausalLM", "Qwen2ForCausalLM"}).ok());
  ExpectError(names({"Qwen2ForCausalLM", "Qwen3ForCausalLM"}), kInvalid,
              "architectures names Qwen2ForCausalLM and Qwen3ForCausalLM");
  ExpectError(names({"Qwen2ForCausalLM", "Qwen2ForSequenceClassification"}), kInvalid,
              "architectures names Qwen2ForCausalLM and Qwen2ForSequenceClassification");
  ExpectError(names({"Qwen2ForCausalLM", "T5Model"}), kUnsupported,
              "architectures names \"T5Model\"");
}

TEST(FamiliesTest, LayerTypesOfLlama) {
  const auto types = [](std::vector<std::string> layer_types) {
    return ParseFamily(ConfigOf("LlamaForCausalLM", "llama"),
                       {{"layer_types", std::move(layer_types)}});
  };
  EXPECT_TRUE(types(std::vector<std::string>(4, "full_attention")).ok());
  ExpectError(types({"full_attention"}), kInvalid,
              "layer_types has 1 entries, but num_hidden_layers is 4");
  ExpectError(types(std::vector<std::string>(4, "sliding_attention")), kUnsupported,
              "layer_types names sliding_attention; supported: full_attention");
}

TEST(FamiliesTest, HeadsNormsAndBiases) {
  const auto qwen2 = ParseFamily(Qwen2(), {});
  ASSERT_TRUE(qwen2.ok()) << qwen2.status();
  EXPECT_TRUE(qwen2->heads().qkv_bias);
  EXPECT_FALSE(qwen2->heads().out_bias || qwen2->heads().qk_norm || qwen2->layers[0].mlp.bias);
  EXPECT_EQ(qwen2->heads().head_dim, 16u);
  const auto qwen3 = ParseFamily(Qwen3(), {});
  ASSERT_TRUE(qwen3.ok()) << qwen3.status();
  EXPECT_TRUE(qwen3->heads().qk_norm);
  EXPECT_FALSE(qwen3->heads().qkv_bias || qwen3->heads().out_bias);
  EXPECT_EQ(qwen3->heads().head_dim, 128u);
  EXPECT_EQ(ParseFamily(Qwen3(), {{"head_dim", 24}})->heads().head_dim, 24u);
  EXPECT_EQ(ParseFamily(Qwen3(), {{"head_dim", nullptr}})->heads().head_dim, 16u);
  const auto biased = ParseFamily(Qwen3(), {{"attention_bias", true}});
  EXPECT_TRUE(biased->heads().qkv_bias && biased->heads().out_bias);
  ExpectError(ParseFamily(Qwen2(), {{"attention_bias", false}}), kUnsupported, "attention_bias");
  ExpectError(ParseFamily(Mistral(), {{"attention_bias", true}}), kUnsupported, "attention_bias");
  ExpectError(ParseFamily(Mistral(), {{"mlp_bias", true}}), kUnsupported, "mlp_bias");
}

// transformers puts its default where a field is absent, not where it is null.
TEST(FamiliesTest, NumberOfKeyValueHeads) {
  FamilyJson mistral = Mistral();
  mistral["num_attention_heads"] = 16;
  mistral["num_key_value_heads"] = nullptr;
  EXPECT_EQ(ParseFamily(mistral, {})->heads().num_kv_heads, 16u);
  mistral.erase("num_key_value_heads");
  EXPECT_EQ(ParseFamily(mistral, {})->heads().num_kv_heads, 8u);
}

TEST(FamiliesTest, WindowsOfMistral) {
  EXPECT_EQ(WindowsOf(ParseFamily(Mistral(), {{"sliding_window", 7}})), Windows({7, 7, 7, 7}));
  EXPECT_EQ(WindowsOf(ParseFamily(Mistral(), {{"sliding_window", nullptr}})), Windows(4, kNone));
  EXPECT_EQ(WindowsOf(ParseFamily(Mistral(), {})), Windows(4, 4096));
  const std::vector<std::string> full(4, "full_attention"), sliding(4, "sliding_attention");
  EXPECT_EQ(WindowsOf(ParseFamily(Mistral(), {{"sliding_window", nullptr}, {"layer_types", full}})),
            Windows(4, kNone));
  EXPECT_EQ(WindowsOf(ParseFamily(Mistral(), {{"sliding_window", 9}, {"layer_types", sliding}})),
            Windows(4, 9));
  ExpectError(ParseFamily(Mistral(), {{"sliding_window", 7}, {"layer_types", full}}), kInvalid,
              "layer_types says full_attention of layer 0");
  ExpectError(ParseFamily(Mistral(), {{"sliding_window", 7}, {"use_sliding_window", false}}),
              kInvalid, "use_sliding_window is false, but there is a sliding_window");
  ExpectError(ParseFamily(Mistral(), {{"sliding_window", 0}}), kInvalid, "sliding_window is 0");
}

TEST(FamiliesTest, WindowsOfQwen) {
  const FamilyJson window = {{"use_sliding_window", true}, {"sliding_window", 7}};
  const std::vector<std::string> types = {"full_attention", "full_attention", "sliding_attention",
                                          "sliding_attention"};
  for (const FamilyJson& base : {Qwen2(), Qwen3()}) {
    EXPECT_EQ(WindowsOf(ParseFamily(base, {{"sliding_window", 7}})), Windows(4, kNone));
    EXPECT_EQ(WindowsOf(ParseFamily(base, {{"use_sliding_window", false},
                                           {"sliding_window", 131072},
                                           {"max_window_layers", 2}})),
              Windows(4, kNone));
    FamilyJson config = base;
    config.update(window);
    EXPECT_EQ(WindowsOf(ParseFamily(config, {})), Windows(4, kNone));  // From layer 28 on.
    EXPECT_EQ(WindowsOf(ParseFamily(config, {{"max_window_layers", 0}})), Windows(4, 7));
    const Windows upper = {kNone, kNone, 7, 7};
    EXPECT_EQ(WindowsOf(ParseFamily(config, {{"max_window_layers", 2}})), upper);
    EXPECT_EQ(WindowsOf(ParseFamily(config, {{"layer_types", types}})), upper);
    EXPECT_EQ(WindowsOf(ParseFamily(config, {{"max_window_layers", 2}, {"layer_types", types}})),
              upper);
    ExpectError(ParseFamily(config, {{"max_window_layers", 3}, {"layer_types", types}}), kInvalid,
                "layer_types says sliding_attention of layer 2");
    ExpectError(ParseFamily(base, {{"sliding_window", 7}, {"layer_types", types}}), kInvalid,
                "layer_types says sliding_attention of layer 2");
    ExpectError(ParseFamily(config, {{"sliding_window", nullptr}, {"layer_types", types}}),
                kInvalid, "layer_types says sliding_attention of layer 2");
    ExpectError(ParseFamily(config, {{"layer_types", {"full_attention"}}}), kInvalid,
                "layer_types has 1 entries, but num_hidden_layers is 4");
    ExpectError(
        ParseFamily(config, {{"layer_types", std::vector<std::string>(4, "chunked_attention")}}),
        kUnsupported,
        "layer_types names \"chunked_attention\"; supported: full_attention, "
        "sliding_attention");
  }
}

TEST(FamiliesTest, RopeGivenTwice) {
  const FamilyJson linear = {{"rope_type", "linear"}, {"factor", 2.0}, {"rope_theta", 5e5}};
  const auto same = ParseFamily(
      Qwen3(), {{"rope_theta", 5e5},
                {"rope_scaling", {{"type", "linear"}, {"rope_type", "linear"}, {"factor", 2.0}}},
                {"rope_parameters", linear}});
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_EQ(same->heads().rope, (RopeSpec{5e5, {RopeScalingType::kLinear, 2.0}}));
  ExpectError(ParseFamily(Qwen3(), {{"rope_scaling", {{"type", "linear"}, {"factor", 4.0}}},
                                    {"rope_parameters", linear}}),
              kInvalid, "rope_parameters says something else than rope_scaling");
  ExpectError(ParseFamily(Qwen3(), {{"rope_theta", 1e4}, {"rope_parameters", linear}}), kInvalid,
              "rope_parameters.rope_theta is 500000 but 10000 outside");
}

TEST(FamiliesTest, DynamicRopeIsTheIdentityUpToTheLongestPrompt) {
  const FamilyJson dynamic = {{"rope_type", "dynamic"}, {"factor", 4.0}};
  const auto spec = ParseFamily(Qwen2(), {{"rope_scaling", dynamic}});
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->heads().rope.scaling.type, RopeScalingType::kDynamic);
  EXPECT_EQ(RopeInverseFrequencies(spec->heads().rope, 16), RopeInverseFrequencies({}, 16));
  FamilyJson shorter = dynamic;
  shorter["original_max_position_embeddings"] = 256;
  ExpectError(ParseFamily(Qwen2(), {{"rope_scaling", shorter}}), kUnsupported,
              "rope_scaling.original_max_position_embeddings is 256");
  shorter["original_max_position_embeddings"] = 512;
  EXPECT_TRUE(ParseFamily(Qwen2(), {{"rope_scaling", shorter}}).ok());
  for (const char* type : {"yarn", "longrope"}) {
    ExpectError(ParseFamily(Qwen2(), {{"rope_scaling", {{"rope_type", type}, {"factor", 4.0}}}}),
                kUnsupported, std::string("rope_scaling.rope_type is \"") + type + "\"");
  }
}

TEST(FamiliesTest, RopeOfEachTypeOfLayer) {
  const FamilyJson base = {
      {"use_sliding_window", true}, {"sliding_window", 7}, {"max_window_layers", 2}};
  FamilyJson config = Qwen3();
  config.update(base);
  const FamilyJson full = {{"rope_type", "default"}, {"rope_theta", 1e6}};
  const FamilyJson sliding = {{"rope_type", "linear"}, {"factor", 2}, {"rope_theta", 1e4}};
  const auto spec = ParseFamily(
      config, {{"rope_parameters", {{"full_attention", full}, {"sliding_attention", sliding}}}});
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->layers[1].attention.rope, (RopeSpec{1e6, {}}));
  EXPECT_EQ(spec->layers[2].attention.rope, (RopeSpec{1e4, {RopeScalingType::kLinear, 2.0}}));
  ExpectError(ParseFamily(config, {{"rope_parameters", {{"full_attention", full}}}}), kInvalid,
              "rope_parameters.sliding_attention is missing");
  ExpectError(ParseFamily(config, {{"rope_parameters",
                                    {{"full_attention", full},
                                     {"sliding_attention", sliding},
                                     {"chunked_attention", full}}}}),
              kUnsupported, "rope_parameters.\"chunked_attention\" is set");
}

// Nothing depends on it: each tensor says its own.
TEST(FamiliesTest, DTypeUnderBothNames) {
  EXPECT_TRUE(ParseFamily(Qwen3(), {{"dtype", "bfloat16"}, {"torch_dtype", "float32"}}).ok());
  ExpectError(ParseFamily(Qwen3(), {{"dtype", "float64"}}), kUnsupported, "dtype is \"float64\"");
}

TEST(FamiliesTest, EndTokenBeyondTheVocabularyIsWarnedOf) {
  const auto spec = ParseFamily(Qwen2(), {{"eos_token_id", {2, 151645}}});
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->warnings,
            std::vector<std::string>{"eos_token_id 151645 is not in the vocabulary of 512"});
  EXPECT_TRUE(ParseFamily(Qwen2(), {{"eos_token_id", 511}})->warnings.empty());
}

FamilyJson ClassifierJson() { return ConfigOf("MistralForSequenceClassification", "mistral"); }

TEST(FamiliesTest, HeadsOfEveryFamily) {
  for (const auto& [name, type] : {std::pair{"Llama", "llama"},
                                   {"Mistral", "mistral"},
                                   {"Qwen2", "qwen2"},
                                   {"Qwen3", "qwen3"}}) {
    for (const auto& [suffix, kind] : {std::pair{"ForCausalLM", HeadKind::kLmHead},
                                       {"ForSequenceClassification", HeadKind::kClassifier},
                                       {"Model", HeadKind::kNone}}) {
      const std::string architecture = std::string(name) + suffix;
      const auto spec =
          ParseFamily(ConfigOf(architecture.c_str(), type), {{"tie_word_embeddings", true}});
      ASSERT_TRUE(spec.ok()) << spec.status();
      EXPECT_EQ(spec->architecture, architecture);
      EXPECT_EQ(spec->head.kind, kind);
      EXPECT_EQ(spec->tie_word_embeddings, kind == HeadKind::kLmHead);
    }
  }
  EXPECT_EQ(ParseFamily(ConfigOf("LLaMAForSequenceClassification", "llama"), {})->architecture,
            "LlamaForSequenceClassification");
  for (const char* other : {"LlamaForTokenClassification", "Llama", "Model", "GemmaModel"}) {
    ExpectError(ParseFamily(ConfigOf(other, "llama"), {}), kUnsupported, "architectures names");
  }
}

TEST(FamiliesTest, LabelsOfAClassifier) {
  const auto two = ParseFamily(ClassifierJson(), {});
  ASSERT_TRUE(two.ok()) << two.status();
  EXPECT_EQ(two->head.labels, (std::vector<std::string>{"LABEL_0", "LABEL_1"}));
  EXPECT_EQ(two->head.activation, LabelActivation::kSoftmax);
  EXPECT_FALSE(two->head.pad_token_id.has_value());
  EXPECT_EQ(ParseFamily(ClassifierJson(), {{"num_labels", 3}})->head.labels.size(), 3u);
  const FamilyJson names = {{"1", "no"}, {"0", "yes"}};
  const auto named = ParseFamily(ClassifierJson(),
                                 {{"id2label", names}, {"num_labels", 2}, {"pad_token_id", 511}});
  ASSERT_TRUE(named.ok()) << named.status();
  EXPECT_EQ(named->head.labels, (std::vector<std::string>{"yes", "no"}));
  EXPECT_EQ(named->head.pad_token_id, 511);
  EXPECT_TRUE(named->unknown_fields.empty());
  ExpectError(ParseFamily(ClassifierJson(), {{"id2label", names}, {"num_labels", 3}}), kInvalid,
              "num_labels is 3, but id2label has 2");
  ExpectError(ParseFamily(ClassifierJson(), {{"id2label", {{"0", "a"}, {"2", "b"}}}}), kInvalid,
              "id2label has 2 labels, but none for 1");
  ExpectError(ParseFamily(ClassifierJson(), {{"id2label", {{"0", 1}}}}), kInvalid,
              "id2label.0 is 1; it must be a string");
  ExpectError(ParseFamily(ClassifierJson(), {{"id2label", FamilyJson::object()}}), kInvalid,
              "id2label has 0 labels");
}

TEST(FamiliesTest, LabelsAndTheirNumbers) {
  const FamilyJson names = {{"0", "yes"}, {"1", "no"}};
  const auto with = [&](const FamilyJson& numbers) {
    return ParseFamily(ClassifierJson(), {{"id2label", names}, {"label2id", numbers}});
  };
  EXPECT_TRUE(with({{"yes", 0}, {"no", 1}}).ok());
  EXPECT_TRUE(with({{"yes", "0"}, {"no", "1"}}).ok());
  ExpectError(with({{"yes", 1}, {"no", 0}}), kInvalid,
              "label2id gives \"no\" 0, which contradicts id2label");
  ExpectError(with({{"yes", 0}, {"no", 1}, {"maybe", 2}}), kInvalid, "label2id gives \"maybe\" 2");
  ExpectError(with({{"yes", 0}}), kInvalid, "label2id lacks \"no\" of id2label");
  ExpectError(with({{"yes", 0}, {"no", "one"}}), kInvalid, "label2id gives \"no\" a value of type");
  ExpectError(with({{"yes", 0}, {"no", -1}}), kInvalid, "label2id gives \"no\" -1");
  ExpectError(with({{"yes", 0}, {std::string("no\0", 3), 1}}), kInvalid, "label2id gives");
  // Without id2label it is num_labels that makes them.
  ExpectError(ParseFamily(ClassifierJson(), {{"label2id", {{"yes", 0}, {"no", 1}}}}), kInvalid,
              "label2id gives \"no\" 1, which contradicts the number of labels");
  EXPECT_TRUE(
      ParseFamily(ClassifierJson(), {{"num_labels", 1}, {"label2id", {{"LABEL_0", 0}}}}).ok());
  // Of a model without labels they say nothing.
  EXPECT_TRUE(ParseFamily(Mistral(), {{"label2id", {{"yes", 7}}}}).ok());
}

TEST(FamiliesTest, WhatMakesProbabilitiesOfScores) {
  const auto activation = [](const FamilyJson& more) {
    return ParseFamily(ClassifierJson(), more)->head.activation;
  };
  EXPECT_EQ(activation({{"num_labels", 1}}), LabelActivation::kNone);
  EXPECT_EQ(activation({{"problem_type", "regression"}}), LabelActivation::kNone);
  EXPECT_EQ(activation({{"problem_type", "single_label_classification"}}),
            LabelActivation::kSoftmax);
  EXPECT_EQ(activation({{"problem_type", "multi_label_classification"}}),
            LabelActivation::kSigmoid);
  EXPECT_EQ(activation({{"problem_type", "multi_label_classification"}, {"num_labels", 1}}),
            LabelActivation::kSigmoid);
  ExpectError(ParseFamily(ClassifierJson(), {{"problem_type", "ranking"}}), kUnsupported,
              "problem_type is \"ranking\"");
}

// A repository's own code counts where it takes this head's place; attention that is not causal
// anywhere.
TEST(FamiliesTest, CodeOfTheRepository) {
  const FamilyJson own = {{"auto_map", {{"AutoModelForSequenceClassification", "own.Judge"}}}};
  EXPECT_TRUE(ParseFamily(Mistral(), own).ok());
  ExpectError(ParseFamily(ClassifierJson(), own), kUnsupported,
              "auto_map.AutoModelForSequenceClassification is");
  const FamilyJson embeds = {{"auto_map", {{"AutoModel", "own.Embedder"}}}};
  EXPECT_EQ(ParseFamily(Qwen2(), embeds)->embedding_code, "own.Embedder");
  EXPECT_EQ(ParseFamily(ClassifierJson(), embeds)->embedding_code, "own.Embedder");
  EXPECT_EQ(ParseFamily(Qwen2(), {})->embedding_code, "");
  ExpectError(
      ParseFamily(Qwen2(), {{"architectures", {"Qwen2Model"}}, {"auto_map", embeds["auto_map"]}}),
      kUnsupported, "auto_map.AutoModel is");
  ExpectError(ParseFamily(Qwen2(), {{"is_causal", false}}), kUnsupported, "is_causal is false");
}

// Of every feature that a family has.
TEST(FamiliesTest, WhatIsWrittenReadsBackLayerByLayer) {
  std::vector<FamilyConfig> families = FamilyConfigs();
  families.push_back(WithHead(families[0], {.kind = HeadKind::kNone}));
  families.push_back(WithHead(families[2], ClassifierHead({"yes", "no", "yes"})));
  families.push_back(WithHead(families[3], ClassifierHead({"good"})));
  for (const FamilyConfig& family : families) {
    SCOPED_TRACE(family.spec.architecture);
    const auto again = ParseConfig(ConfigToJson(family.spec), "C");
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(ConfigToJson(*again), ConfigToJson(family.spec));
    EXPECT_EQ(again->head, family.spec.head);
    ASSERT_EQ(again->num_layers(), family.spec.num_layers());
    for (size_t i = 0; i < again->num_layers(); ++i) {
      const AttentionSpec &a = again->layers[i].attention, &b = family.spec.layers[i].attention;
      EXPECT_EQ(a.window, b.window);
      EXPECT_EQ(a.rope, b.rope);
      EXPECT_EQ(a.scale, b.scale);
      EXPECT_EQ(a.qk_norm, b.qk_norm);
      EXPECT_EQ(a.qkv_bias, b.qkv_bias);
      EXPECT_EQ(a.out_bias, b.out_bias);
    }
  }
}

}  // namespace
}  // namespace sotto
