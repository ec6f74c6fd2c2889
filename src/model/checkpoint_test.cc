#include "model/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "model/checkpoint_test_util.h"
#include "model/linear_layers.h"
#include "model/safetensors.h"
#include "model/safetensors_writer.h"
#include "model/tensor_names.h"
#include "testing/small_config.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using testing::HasSubstr;

ModelSpec ConfigWithoutBiases() {
  ModelSpec config = TinyConfig();
  for (LayerSpec& layer : config.layers) {
    layer.attention.qkv_bias = layer.attention.out_bias = false;
  }
  return config;
}

// A whole model in memory, to be changed and then written.
struct TinyModel {
  ModelSpec config;
  std::map<std::string, TensorSpec> tensors;

  explicit TinyModel(const ModelSpec& shape = ConfigWithoutBiases()) : config(shape) {
    for (const NamedShape& needed : RequiredTensors(config)) {
      tensors[needed.name] = {needed.name, "F32", needed.shape};
    }
  }

  // Takes "model." off all names, or off one that begins with `prefix`.
  void StripNames(std::string_view prefix = "") {
    for (auto& [name, spec] : tensors) {
      if (!name.starts_with("model.") || !name.substr(6).starts_with(prefix)) continue;
      spec.name = name.substr(6);
    }
  }

  // Every value is the tensor's position in the file, so that tensors can be told apart.
  void WriteTo(const TempDir& dir) const {
    dir.Write("config.json", ConfigToJson(config));
    std::vector<TensorSpec> specs;
    specs.reserve(tensors.size());
    for (const auto& [name, spec] : tensors) specs.push_back(spec);
    auto writer = SafetensorsWriter::Create(dir.File("model.safetensors"), specs);
    ASSERT_TRUE(writer.ok()) << writer.status();
    for (size_t t = 0; t < specs.size(); ++t) {
      if (specs[t].dtype != "F32") continue;
      const std::vector<float> values(TensorBytes(specs[t]) / 4, static_cast<float>(t));
      const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
      ASSERT_TRUE(writer->Write(t, 0, {bytes, 4 * values.size()}).ok());
    }
    ASSERT_TRUE(writer->Commit().ok());
  }
};

TEST(CheckpointTest, MissingDirectoryAndFiles) {
  const TempDir dir;
  ExpectRefused(dir.File("none"), absl::StatusCode::kNotFound, "no such model directory");
  ExpectRefused(dir.Write("file", "x"), absl::StatusCode::kInvalidArgument,
                "is a file; expected a directory");
  ExpectRefused(dir.path(), absl::StatusCode::kNotFound, "holds no config.json; a model is a dir");
  const TempDir empty;
  ExpectRefused(empty.path(), absl::StatusCode::kNotFound,
                "is empty; a model is a directory with config.json, tokenizer.json and model.s");
  dir.Write("config.json", ConfigToJson(TinyConfig()));
  ExpectRefused(dir.path(), absl::StatusCode::kNotFound, "neither model.safetensors nor");
}

TEST(CheckpointTest, ListsAndFindsWhatTheModelNeeds) {
  const TempDir dir;
  TinyModel model;
  model.tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = {
      "model.layers.0.self_attn.rotary_emb.inv_freq", "F32", {2}};
  model.tensors["score.weight"] = {"score.weight", "I64", {2}};
  model.WriteTo(dir);
  const auto checkpoint = Checkpoint::Open(dir.path());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->tensors().size(), RequiredTensors(model.config).size());
  EXPECT_THAT(
      checkpoint->config().weight_warnings,
      testing::ElementsAre(
          "model.safetensors: ignoring tensor \"score.weight\", for which config.json has no "
          "place; results are wrong if the model depends on it"));
  uint64_t parameters = 0;
  for (const NamedShape& needed : RequiredTensors(model.config)) {
    const auto tensor = checkpoint->Find(needed.name);
    ASSERT_TRUE(tensor.ok());
    EXPECT_EQ(tensor->shape, needed.shape);
    parameters += tensor->size_bytes / 4;
  }
  EXPECT_EQ(checkpoint->parameter_count(), parameters);
  EXPECT_EQ(checkpoint->Find("score.weight").status().code(), absl::StatusCode::kNotFound);
}

TEST(CheckpointTest, MissingTensorIsNamed) {
  for (const char* name :
       {"model.embed_tokens.weight", "model.layers.1.mlp.up_proj.weight", "model.norm.weight"}) {
    const TempDir dir;
    TinyModel model;
    model.tensors.erase(name);
    model.WriteTo(dir);
    ExpectRefused(dir.path(), absl::StatusCode::kInvalidArgument, name);
  }
}

// As those of a model with images have it.
TEST(CheckpointTest, NamesThatBeginOtherwiseAreShown) {
  const TempDir dir;
  TinyModel model;
  for (auto& [name, spec] : model.tensors) spec.name = "language_model." + name;
  model.WriteTo(dir);
  ExpectRefused(dir.path(), absl::StatusCode::kInvalidArgument,
                "holds no tensor \"model.embed_tokens.weight\", but "
                "\"language_model.model.embed_tokens.weight\"");
  model.tensors = {{"a", {"transformer.wte.weight", "F32", {2}}}};
  model.WriteTo(dir);
  ExpectRefused(dir.path(), absl::StatusCode::kInvalidArgument,
                "\"model.embed_tokens.weight\"; its names are like \"transformer.wte.weight\"");
}

TEST(CheckpointTest, ShapeThatContradictsTheConfig) {
  const TempDir dir;
  TinyModel model;
  model.tensors["model.layers.1.self_attn.k_proj.weight"].shape = {12, 4};
  model.WriteTo(dir);
  ExpectRefused(dir.path(), absl::StatusCode::kInvalidArgument,
                "k_proj.weight has shape [12, 4]; config.json makes it [4, 12]");
}

TEST(CheckpointTest, UnsupportedDType) {
  const TempDir dir;
  TinyModel model;
  model.tensors["model.layers.0.mlp.up_proj.weight"].dtype = "F64";
  model.WriteTo(dir);
  ExpectRefused(dir.path(), absl::StatusCode::kUnimplemented,
                "up_proj.weight has dtype F64; supported are F32, F16 and BF16");
}

TEST(CheckpointTest, TensorsOfAnotherConfigAreRefused) {
  for (const char* name :
       {"model.layers.2.mlp.up_proj.weight", "model.layers.0.self_attn.q_proj.bias"}) {
    const TempDir dir;
    TinyModel model;
    model.tensors[name] = {name, "F32", {12}};
    model.WriteTo(dir);
    ExpectRefused(dir.path(), absl::StatusCode::kInvalidArgument, name);
  }
}

TEST(CheckpointTest, TiedWithAnLmHead) {
  const TempDir dir;
  TinyModel model;
  model.config.tie_word_embeddings = true;
  model.WriteTo(dir);  // Its lm_head holds other values than its embedding.
  const auto untied = Checkpoint::Open(dir.path());
  ASSERT_TRUE(untied.ok()) << untied.status();
  EXPECT_FALSE(untied->config().tie_word_embeddings);
  EXPECT_THAT(untied->config().warnings, testing::ElementsAre(HasSubstr("lm_head.weight differs")));

  auto file = SafetensorsFile::Open(dir.File("model.safetensors"));
  ASSERT_TRUE(file.ok());
  std::string bytes = dir.Read("model.safetensors");
  const auto head = file->Find("lm_head.weight"), table = file->Find("model.embed_tokens.weight");
  std::copy_n(bytes.begin() + table->begin, table->end - table->begin, bytes.begin() + head->begin);
  dir.Write("model.safetensors", bytes);
  const auto checkpoint = Checkpoint::Open(dir.path());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_TRUE(checkpoint->config().tie_word_embeddings);
  EXPECT_THAT(checkpoint->config().warnings, testing::IsEmpty());
  EXPECT_EQ(checkpoint->parameter_count(),
            untied->parameter_count() - table->shape[0] * table->shape[1]);
}

// Values count, not bytes: in F32 and BF16, small integers are the same.
TEST(CheckpointTest, TiedWithAnLmHeadOfAnotherDtype) {
  const TempDir dir;
  TinyModel model;
  model.config.tie_word_embeddings = true;
  model.tensors["lm_head.weight"].dtype = "BF16";
  model.WriteTo(dir);  // Of zeros, as what WriteTo() leaves out is.
  EXPECT_FALSE(Checkpoint::Open(dir.path())->config().tie_word_embeddings);
  auto file = SafetensorsFile::Open(dir.File("model.safetensors"));
  const auto table = file->Find("model.embed_tokens.weight");
  std::string bytes = dir.Read("model.safetensors");
  std::fill_n(bytes.begin() + table->begin, table->end - table->begin, '\0');
  dir.Write("model.safetensors", bytes);
  EXPECT_TRUE(Checkpoint::Open(dir.path())->config().tie_word_embeddings);
}

TEST(CheckpointTest, DamagedFileIsNamed) {
  const TempDir dir;
  TinyModel().WriteTo(dir);
  std::string bytes = dir.Read("model.safetensors");
  bytes.pop_back();
  dir.Write("model.safetensors", bytes);
  ExpectRefused(dir.path(), absl::StatusCode::kDataLoss, "model.safetensors");
}

// Changes one stored weight and reads the tensor: the message names it, and the row.
// By whoever else may write it, while it is open.
TEST(CheckpointTest, AFileCutShortIsAnErrorAndNoSignal) {
  const TempDir dir;
  TinyModel().WriteTo(dir);
  const auto checkpoint = Checkpoint::Open(dir.path());
  ASSERT_TRUE(checkpoint.ok());
  std::filesystem::resize_file(dir.File("model.safetensors"), 0);
  const TensorRef norm = *checkpoint->Find("model.norm.weight");
  const absl::Status read =
      checkpoint->ReadRows(norm, 0, Matrix<float>(1, norm.shape.back()).view());
  EXPECT_EQ(read.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(read.message()),
              HasSubstr(dir.path() + "/model.safetensors: cut short while it was in use"));
  ThreadPool pool(1);
  EXPECT_EQ(checkpoint->WeightsSha256(pool).status().code(), absl::StatusCode::kDataLoss);
}

TEST(CheckpointTest, NanAndInfiniteWeightsAreNamed) {
  for (const uint32_t bad : {0x7fc00000u, 0x7f800000u, 0xff800000u}) {
    const TempDir dir;
    TinyModel().WriteTo(dir);
    const auto file = SafetensorsFile::Open(dir.File("model.safetensors"));
    std::string bytes = dir.Read("model.safetensors");
    const auto entry = file->Find("model.layers.1.mlp.down_proj.weight");
    std::memcpy(&bytes[entry->begin + (7 * 20 + 19) * 4], &bad, 4);
    dir.Write("model.safetensors", bytes);
    const auto checkpoint = Checkpoint::Open(dir.path());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    Matrix<float> rows(12, 20);
    const absl::Status status = ReadLinearRows(*checkpoint, {LinearKind::kDown, 1}, 0, rows.view());
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("model.layers.1.mlp.down_proj.weight holds a NaN or infinite weight in "
                          "row 7"));
    EXPECT_TRUE(ReadLinearRows(*checkpoint, {LinearKind::kDown, 0}, 0, rows.view()).ok());
  }
}

TEST(CheckpointTest, BiasesAreFused) {
  const TempDir dir;
  ModelSpec config = TinyConfig();
  for (LayerSpec& layer : config.layers) layer.mlp.bias = true;
  const TinyModel model(config);
  model.WriteTo(dir);
  const auto checkpoint = Checkpoint::Open(dir.path());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  const auto value_of = [&](const std::string& name) {
    return static_cast<float>(std::distance(model.tensors.begin(), model.tensors.find(name)));
  };
  const auto qkv = ReadLinearBias(*checkpoint, {LinearKind::kQkv, 1});
  ASSERT_TRUE(qkv.ok());
  ASSERT_EQ(qkv->size(), 12u + 4 + 4);
  EXPECT_EQ((*qkv)[11], value_of("model.layers.1.self_attn.q_proj.bias"));
  EXPECT_EQ((*qkv)[12], value_of("model.layers.1.self_attn.k_proj.bias"));
  EXPECT_EQ((*qkv)[19], value_of("model.layers.1.self_attn.v_proj.bias"));
  EXPECT_EQ(ReadLinearBias(*checkpoint, {LinearKind::kGateUp, 0})->size(), 40u);
  EXPECT_EQ(ReadLinearBias(*checkpoint, {LinearKind::kDown, 0})->size(), 12u);
  EXPECT_TRUE(ReadLinearBias(*checkpoint, {LinearKind::kLmHead, 0})->empty());
}

// The hashes that `sha256sum` prints.
TEST(CheckpointTest, Sha256OfTheShippedModel) {
  const auto checkpoint = Checkpoint::Open(ShippedModelDir());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  ThreadPool pool(2);
  EXPECT_EQ(*checkpoint->WeightsSha256(pool),
            "0dc57caa201d1aa3c271705c51e4990ba4ec6ade8adb0fa0cfb9062a997d8885");
  EXPECT_EQ(checkpoint->parameter_count(), 1967808u);
}

// The three stories260K directories hold the same numbers, rounded: BF16 within 2^-9 relative, F16
// within 2^-11 (its subnormals do not occur above 2^-14).
TEST(CheckpointTest, RealCheckpointsAgree) {
  const auto data = TestDataDir();
  if (!data) GTEST_SKIP() << kNoTestData;
  const auto f32 = Checkpoint::Open(*data + "/stories260K");
  const auto bf16 = Checkpoint::Open(*data + "/stories260K-bf16-sharded");
  const auto f16 = Checkpoint::Open(*data + "/stories260K-f16-untied");
  ASSERT_TRUE(f32.ok() && bf16.ok() && f16.ok());
  EXPECT_FALSE(f16->config().tie_word_embeddings);
  EXPECT_EQ(f16->parameter_count(), f32->parameter_count() + 512 * 64);
  for (const TensorRef& tensor : f32->tensors()) {
    const size_t rows = tensor.shape.size() == 1 ? 1 : tensor.shape[0];
    const size_t cols = tensor.shape.back();
    Matrix<float> exact(rows, cols), brain(rows, cols), half(rows, cols);
    ASSERT_TRUE(f32->ReadRows(tensor, 0, exact.view()).ok());
    ASSERT_TRUE(bf16->ReadRows(*bf16->Find(tensor.name), 0, brain.view()).ok());
    ASSERT_TRUE(f16->ReadRows(*f16->Find(tensor.name), 0, half.view()).ok());
    for (size_t i = 0; i < rows * cols; ++i) {
      const float value = exact.view().data()[i];
      ASSERT_NEAR(brain.view().data()[i], value, std::abs(value) * 0x1p-8f) << tensor.name;
      ASSERT_NEAR(half.view().data()[i], value, std::abs(value) * 0x1p-11f + 0x1p-25f);
    }
  }
  ThreadPool pool(2);
  EXPECT_EQ(*f32->WeightsSha256(pool),
            "865aebf5feb2888ddacde33141af70e60e097f49f5fffa887fc72aea2addeae3");
  EXPECT_EQ(*bf16->WeightsSha256(pool),
            "c777d4f575a5f3b332c6cc11cb3d67c678d05b112d23f255388bbd8c5f5b7855");
}

ModelSpec WithTinyHead(const char* architecture, HeadSpec head) {
  ModelSpec config = ConfigWithoutBiases();
  config.architecture = architecture;
  config.head = std::move(head);
  return config;
}

TEST(CheckpointTest, NamesWithoutModelBeforeThem) {
  const TempDir dir;
  TinyModel model(WithTinyHead("LlamaModel", {.kind = HeadKind::kNone}));
  model.StripNames();
  model.WriteTo(dir);
  const auto checkpoint = Checkpoint::Open(dir.path());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_TRUE(checkpoint->Find(kEmbeddingName).ok());
  EXPECT_FALSE(checkpoint->Find(kLmHeadName).ok());
  const size_t layers = AllLinearLayers(checkpoint->config()).size();
  EXPECT_EQ(layers, 4 * checkpoint->config().num_layers());
}

TEST(CheckpointTest, NamesWithAndWithoutModelBeforeThem) {
  const TempDir dir;
  TinyModel model;
  model.StripNames("layers.1.mlp.up_proj");
  model.WriteTo(dir);
  ExpectRefused(dir.path(), absl::StatusCode::kInvalidArgument,
                "tensor \"layers.1.mlp.up_proj.weight\" has no \"model.\" before its name, but");
}

// What an embedding model made of a causal one often says of itself.
TEST(CheckpointTest, WithoutLmHeadItIsABareModel) {
  for (const bool prefixed : {true, false}) {
    const TempDir dir;
    TinyModel model;
    if (!prefixed) model.StripNames();
    model.tensors.erase(kLmHeadName);
    model.WriteTo(dir);
    const auto checkpoint = Checkpoint::Open(dir.path());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    EXPECT_EQ(checkpoint->config().architecture, "LlamaModel");
    EXPECT_FALSE(checkpoint->config().has_lm_head());
    EXPECT_EQ(checkpoint->config().warnings,
              std::vector<std::string>{"architectures names LlamaForCausalLM, but the weights are "
                                       "those of a LlamaModel: tie_word_embeddings is false, and "
                                       "they hold no lm_head"});
  }
}

// Which tells nothing for sure where lm_head is tied.
TEST(CheckpointTest, TiedWithoutPrefixItsLogitsAreInDoubt) {
  for (const bool prefixed : {true, false}) {
    const TempDir dir;
    TinyModel model;
    model.config.tie_word_embeddings = true;
    if (!prefixed) model.StripNames();
    model.tensors.erase(kLmHeadName);
    model.tensors["b.weight"] = {"b.weight", "F32", {2}};
    model.tensors["extra.weight"] = {"extra.weight", "F32", {2}};
    model.WriteTo(dir);
    const auto checkpoint = Checkpoint::Open(dir.path());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    const ModelSpec& config = checkpoint->config();
    EXPECT_TRUE(config.has_lm_head());
    EXPECT_THAT(config.warnings, testing::IsEmpty());
    EXPECT_THAT(config.weight_warnings,
                testing::ElementsAre(HasSubstr("ignoring tensor \"b.weight\" and 1 more, for")));
    EXPECT_EQ(config.logits_warning.starts_with("model.safetensors: tensors have no \"model.\""),
              !prefixed);
    EXPECT_EQ(config.logits_warning.empty(), prefixed);
  }
}

TEST(CheckpointTest, AQuantisedLmHeadIsNotMissing) {
  const TempDir dir;
  TinyModel model;
  model.tensors[kLmHeadName].name = "lm_head.qweight";
  model.WriteTo(dir);
  ExpectRefused(dir.path(), absl::StatusCode::kUnimplemented,
                "holds tensor lm_head.qweight, as GPTQ and AWQ checkpoints do");
}

TEST(CheckpointTest, RowsOfAClassifier) {
  const TempDir dir;
  const ModelSpec config = WithTinyHead("LlamaForSequenceClassification",
                                        {.kind = HeadKind::kClassifier, .labels = {"a", "b", "c"}});
  TinyModel model(config);
  model.tensors[kLmHeadName] = {kLmHeadName, "F32", {33, 12}};  // Left over: not read.
  model.WriteTo(dir);
  const auto plain = Checkpoint::Open(dir.path());
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_EQ(plain->Find(kScoreName)->shape, (std::vector<size_t>{3, 12}));
  EXPECT_FALSE(plain->config().head.bias);
  EXPECT_FALSE(plain->Find(kLmHeadName).ok());
  model.tensors[kScoreBiasName] = {kScoreBiasName, "F32", {3}};
  model.WriteTo(dir);
  EXPECT_TRUE(Checkpoint::Open(dir.path())->config().head.bias);
  model.tensors[kScoreBiasName].shape = {2};
  model.WriteTo(dir);
  ExpectRefused(
      dir.path(), absl::StatusCode::kInvalidArgument,
      "score.bias has shape [2]; config.json makes it [3], a row for each label (id2label, "
      "num_labels)");
  model.tensors.erase(kScoreBiasName);
  model.tensors.erase(kScoreName);
  model.WriteTo(dir);
  ExpectRefused(dir.path(), absl::StatusCode::kInvalidArgument,
                "no tensor \"score.weight\", which a classifier of config.json needs");
}

}  // namespace
}  // namespace sotto
