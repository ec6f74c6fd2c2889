#include "model/linear_layers.h"

#include <gtest/gtest.h>

#include <vector>

#include "model/checkpoint.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

class LinearLayersTest : public testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<Checkpoint> opened = Checkpoint::Open(ShippedModelDir());
    ASSERT_TRUE(opened.ok()) << opened.status();
    checkpoint_.emplace(*std::move(opened));
  }

  // A whole tensor as f32.
  Matrix<float> Tensor(const std::string& name) {
    const absl::StatusOr<TensorRef> tensor = checkpoint_->Find(name);
    SOTTO_CHECK(tensor.ok());
    Matrix<float> values(tensor->shape[0], tensor->shape[1]);
    SOTTO_CHECK(checkpoint_->ReadRows(*tensor, 0, values.view()).ok());
    return values;
  }

  std::optional<Checkpoint> checkpoint_;
};

TEST_F(LinearLayersTest, OrderAndIndexAgree) {
  const ModelSpec& config = checkpoint_->config();
  const std::vector<LinearLayer> layers = AllLinearLayers(config);
  ASSERT_EQ(layers.size(), 4 * config.num_layers() + 1);
  for (size_t i = 0; i < layers.size(); ++i) EXPECT_EQ(LinearLayerIndex(config, layers[i]), i);
  EXPECT_EQ(LinearLayerName(layers[0]), "model.layers.0.qkv");
  EXPECT_EQ(LinearLayerName(layers[5]), "model.layers.1.attention_out");
  EXPECT_EQ(LinearLayerName(layers.back()), "lm_head");
}

TEST_F(LinearLayersTest, Shapes) {
  const ModelSpec& config = checkpoint_->config();  // hidden 192, 6 + 2 heads of 32, ffn 512.
  const auto shape = [&](LinearKind kind) { return ShapeOf(config, {kind, 0}); };
  EXPECT_EQ(shape(LinearKind::kQkv).n_in, 192u);
  EXPECT_EQ(shape(LinearKind::kQkv).n_out, 192u + 2 * 64);
  EXPECT_EQ(shape(LinearKind::kAttentionOut).n_out, 192u);
  EXPECT_EQ(shape(LinearKind::kGateUp).n_out, 1024u);
  EXPECT_EQ(shape(LinearKind::kDown).n_in, 512u);
  EXPECT_EQ(shape(LinearKind::kLmHead).n_out, 2048u);
}

// Any run of rows of the fused weight is what its parts hold, across their borders too.
TEST_F(LinearLayersTest, FusedRowsAreTheProjectionsRows) {
  const LinearLayer layer = {LinearKind::kQkv, 2};
  const Matrix<float> q = Tensor("model.layers.2.self_attn.q_proj.weight");
  const Matrix<float> k = Tensor("model.layers.2.self_attn.k_proj.weight");
  const Matrix<float> v = Tensor("model.layers.2.self_attn.v_proj.weight");
  for (const auto& [begin, count] : {std::pair<size_t, size_t>{0, 320},
                                     {191, 2},
                                     {100, 200},
                                     {192, 64},
                                     {255, 1},
                                     {256, 64},
                                     {319, 1},
                                     {7, 0}}) {
    Matrix<float> rows(count, 192);
    ASSERT_TRUE(ReadLinearRows(*checkpoint_, layer, begin, rows.view()).ok());
    for (size_t i = 0; i < count; ++i) {
      const size_t row = begin + i;
      const float* expected = row < 192   ? q.view().row(row)
                              : row < 256 ? k.view().row(row - 192)
                                          : v.view().row(row - 256);
      for (size_t j = 0; j < 192; ++j) ASSERT_EQ(rows.view()(i, j), expected[j]) << row;
    }
  }
}

TEST_F(LinearLayersTest, TiedLmHeadIsTheEmbedding) {
  const Matrix<float> embedding = Tensor("model.embed_tokens.weight");
  Matrix<float> rows(3, 192);
  ASSERT_TRUE(ReadLinearRows(*checkpoint_, {LinearKind::kLmHead, 0}, 1000, rows.view()).ok());
  for (size_t j = 0; j < 192; ++j) EXPECT_EQ(rows.view()(2, j), embedding.view()(1002, j));
}

TEST_F(LinearLayersTest, PagesReadTheSameAfterDropping) {
  const LinearLayer layer = {LinearKind::kDown, 1};
  Matrix<float> before(192, 512), after(192, 512);
  ASSERT_TRUE(ReadLinearRows(*checkpoint_, layer, 0, before.view()).ok());
  DropLinearPages(*checkpoint_, layer);
  ASSERT_TRUE(ReadLinearRows(*checkpoint_, layer, 0, after.view()).ok());
  for (size_t i = 0; i < 192; ++i) {
    for (size_t j = 0; j < 512; ++j) ASSERT_EQ(before.view()(i, j), after.view()(i, j));
  }
}

TEST_F(LinearLayersTest, NoBiasIsEmpty) {
  for (const LinearLayer layer : AllLinearLayers(checkpoint_->config())) {
    const absl::StatusOr<std::vector<float>> bias = ReadLinearBias(*checkpoint_, layer);
    ASSERT_TRUE(bias.ok());
    EXPECT_TRUE(bias->empty());
  }
}

}  // namespace
}  // namespace sotto
