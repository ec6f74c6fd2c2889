#include "model/random_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "model/checkpoint.h"
#include "model/config_presets.h"
#include "model/inspect.h"
#include "model/random_values.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

RandomModelOptions SmallOptions() {
  RandomModelOptions options;
  options.config = *ConfigLike(ShippedModelDir());
  options.config.layers.resize(1);
  options.seed = 7;
  return options;
}

std::string Weights(const RandomModelOptions& options, int threads) {
  const TempDir dir;
  ThreadPool pool(threads);
  EXPECT_TRUE(WriteRandomModel(options, dir.File("m"), pool).ok());
  return dir.Read("m/model.safetensors");
}

TEST(RandomModelTest, DependsOnTheSeedAlone) {
  RandomModelOptions options = SmallOptions();
  const std::string one = Weights(options, 1);
  EXPECT_EQ(one, Weights(options, 3));
  options.seed = 8;
  EXPECT_NE(one, Weights(options, 1));
}

TEST(RandomModelTest, OpensInEveryDType) {
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    const TempDir dir;
    RandomModelOptions options = SmallOptions();
    options.dtype = dtype;
    options.shard_bytes = 1 << 20;
    AttentionSpec& attention = options.config.layers[0].attention;
    attention.qkv_bias = attention.out_bias = true;
    ThreadPool pool(2);
    ASSERT_TRUE(WriteRandomModel(options, dir.path() + "/m/", pool).ok());
    const auto checkpoint = Checkpoint::Open(dir.File("m"));
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    EXPECT_EQ(checkpoint->tensors()[0].dtype, dtype);
    for (const TensorRef& tensor : checkpoint->tensors()) {
      const size_t rows = tensor.shape.size() == 1 ? 1 : tensor.shape[0];
      Matrix<float> values(rows, tensor.shape.back());
      EXPECT_TRUE(checkpoint->ReadRows(tensor, 0, values.view()).ok()) << tensor.name;
    }
  }
}

// The mean of n uniform values of standard deviation s has standard deviation s / sqrt(n), and
// their sample variance a relative one of about sqrt(0.8 / n): six of each.
TEST(RandomModelTest, ValuesKeepTheScaleOfTheInput) {
  const TempDir dir;
  ThreadPool pool(1);
  ASSERT_TRUE(WriteRandomModel(SmallOptions(), dir.File("m"), pool).ok());
  const auto checkpoint = Checkpoint::Open(dir.File("m"));
  const auto tensor = checkpoint->Find("model.layers.0.mlp.down_proj.weight");
  Matrix<float> values(192, 512);
  ASSERT_TRUE(checkpoint->ReadRows(*tensor, 0, values.view()).ok());
  const double n = 192 * 512;
  double sum = 0, squares = 0;
  for (size_t i = 0; i < 192 * 512; ++i) {
    const double value = values.view().data()[i];
    sum += value;
    squares += value * value;
  }
  const double deviation = 1 / std::sqrt(512.0);
  EXPECT_NEAR(sum / n, 0, 6 * deviation / std::sqrt(n));
  EXPECT_NEAR(squares / n, deviation * deviation, 6 * std::sqrt(0.8 / n) * deviation * deviation);

  Matrix<float> norm(1, 192);
  ASSERT_TRUE(checkpoint->ReadRows(*checkpoint->Find("model.norm.weight"), 0, norm.view()).ok());
  EXPECT_EQ(norm.view()(0, 191), 1.0f);
}

TEST(RandomModelTest, RefusesADirectoryWithFiles) {
  const TempDir dir;
  dir.Write("precious", "x");
  ThreadPool pool(1);
  EXPECT_EQ(WriteRandomModel(SmallOptions(), dir.path(), pool).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(dir.Read("precious"), "x");
}

TEST(RandomModelTest, MissingParentLeavesNothing) {
  const TempDir dir;
  ThreadPool pool(1);
  EXPECT_EQ(WriteRandomModel(SmallOptions(), dir.File("a/b"), pool).code(),
            absl::StatusCode::kNotFound);
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(RandomValuesTest, PartsEqualTheWhole) {
  std::vector<uint8_t> whole(1000 * 2), parts(1000 * 2);
  RandomValues(3, 0, 1000, 1.0f, DType::kF16, whole.data());
  RandomValues(3, 0, 400, 1.0f, DType::kF16, parts.data());
  RandomValues(3, 400, 599, 1.0f, DType::kF16, parts.data() + 800);
  parts[1998] = whole[1998];
  parts[1999] = whole[1999];
  EXPECT_EQ(whole, parts);
}

TEST(ConfigPresetsTest, RealParameterCounts) {
  for (const auto& [name, parameters] :
       {std::pair{"llama-3.2-1b", 1235814400ull}, {"llama-3.1-8b", 8030261248ull}}) {
    const ModelSpec c = *ConfigLike(name);
    const uint64_t block = 2 * c.hidden_size * (c.heads().q_size() + c.heads().kv_size()) +
                           3 * c.hidden_size * c.layers[0].mlp.intermediate_size +
                           2 * c.hidden_size;
    const uint64_t tables = (c.tie_word_embeddings ? 1 : 2) * c.vocab_size * c.hidden_size;
    EXPECT_EQ(c.num_layers() * block + tables + c.hidden_size, parameters);
  }
}

TEST(InspectTest, ShippedModel) {
  const auto checkpoint = Checkpoint::Open(ShippedModelDir());
  ASSERT_TRUE(checkpoint.ok());
  const ModelSummary summary = SummarizeModel(*checkpoint);
  EXPECT_EQ(summary.stored_bytes, 2 * summary.parameters);
  // Four blocks of (192 x 320 + 192 x 192 + 192 x 1024 + 512 x 192), and lm_head 2048 x 192.
  const uint64_t linear = 4 * (61440 + 36864 + 196608 + 98304) + 393216;
  const uint64_t rest = 2 * 393216 + 4 * 9 * 192;
  const uint64_t rows = 4 * (320 + 192 + 1024 + 192) + 2048;
  ASSERT_EQ(summary.memory.size(), 4u);
  EXPECT_EQ(summary.memory[0].bytes, 2 * linear + rest);
  EXPECT_EQ(summary.memory[1].bytes, 2 * linear + rest);
  EXPECT_EQ(summary.memory[2].bytes, linear + rest + 4 * rows);
  const std::string text = FormatSummary(summary);
  EXPECT_THAT(text, testing::HasSubstr("parameters              1967808\n"));
  EXPECT_THAT(text, testing::HasSubstr("memory, bf16"));
}

}  // namespace
}  // namespace sotto
