// Every option of the architecture at once, against the whole model in plain double loops: biases
// on all projections, an explicit head_dim, Llama 3 RoPE scaling, a separate lm_head, odd sizes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kernels/reference.h"
#include "model/random_model.h"
#include "testing/local_prefill.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

using reference::Row;
using reference::Rows;

ModelSpec OddConfig() {
  LayerSpec layer{.attention = AttentionOf(6, 2, 10),
                  .mlp = {.intermediate_size = 150, .bias = true}};
  layer.attention.rope = {10000.0, {RopeScalingType::kLlama3, 4.0, 1.0, 4.0, 32}};
  layer.attention.qkv_bias = layer.attention.out_bias = true;
  ModelSpec config;
  config.hidden_size = 36;
  config.layers.assign(2, layer);
  config.vocab_size = 301;
  config.max_position_embeddings = 100;
  return config;
}

class DoubleModel {
 public:
  explicit DoubleModel(const std::string& dir) : checkpoint_(*Checkpoint::Open(dir)) {}

  Rows Logits(const Prompt& ids) const {
    const Rows embedding = Read("model.embed_tokens.weight");
    Rows x;
    for (int32_t id : ids) x.push_back(embedding[id]);
    for (size_t layer = 0; layer < config().num_layers(); ++layer) {
      const std::string name = "model.layers." + std::to_string(layer) + ".";
      Add(Linear(name + "self_attn.o_proj", Attention(name, Norm(name + "input_layernorm", x))), x);
      const Rows h = Norm(name + "post_attention_layernorm", x);
      Rows gate = Linear(name + "mlp.gate_proj", h);
      const Rows up = Linear(name + "mlp.up_proj", h);
      for (size_t i = 0; i < gate.size(); ++i) gate[i] = reference::SwiGlu(gate[i], up[i]);
      Add(Linear(name + "mlp.down_proj", gate), x);
    }
    return reference::MatMul(Norm("model.norm", x), Read("lm_head.weight"));
  }

 private:
  const ModelSpec& config() const { return checkpoint_.config(); }

  Rows Read(const std::string& name) const {
    const TensorRef tensor = *checkpoint_.Find(name);
    const size_t rows = tensor.shape.size() == 1 ? 1 : tensor.shape[0];
    Matrix<float> values(rows, tensor.shape.back());
    SOTTO_CHECK(checkpoint_.ReadRows(tensor, 0, values.view()).ok());
    Rows out;
    for (size_t i = 0; i < rows; ++i) {
      out.emplace_back(values.view().row(i), values.view().row(i) + values.cols());
    }
    return out;
  }

  Rows Linear(const std::string& name, const Rows& x) const {
    Rows y = reference::MatMul(x, Read(name + ".weight"));
    const Row bias = Read(name + ".bias")[0];
    for (Row& row : y) {
      for (size_t j = 0; j < row.size(); ++j) row[j] += bias[j];
    }
    return y;
  }

  Rows Norm(const std::string& name, const Rows& x) const {
    const Row weight = Read(name + ".weight")[0];
    Rows y;
    for (const Row& row : x) y.push_back(reference::RmsNorm(row, weight, config().final_norm_eps));
    return y;
  }

  static void Add(const Rows& y, Rows& x) {
    for (size_t i = 0; i < x.size(); ++i) {
      for (size_t j = 0; j < x[i].size(); ++j) x[i][j] += y[i][j];
    }
  }

  // Columns of one head; q and k rotated.
  Rows Head(const Rows& all, size_t head, bool rotate) const {
    const size_t d = config().heads().head_dim;
    Rows out;
    for (size_t position = 0; position < all.size(); ++position) {
      Row row(all[position].begin() + head * d, all[position].begin() + (head + 1) * d);
      if (rotate)
        row = reference::Rope(row, position, RopeInverseFrequencies(config().heads().rope, d));
      out.push_back(row);
    }
    return out;
  }

  Rows Attention(const std::string& name, const Rows& h) const {
    const Rows q = Linear(name + "self_attn.q_proj", h), k = Linear(name + "self_attn.k_proj", h),
               v = Linear(name + "self_attn.v_proj", h);
    Rows out(h.size());
    const auto [heads, kv_heads] =
        std::pair(config().heads().num_heads, config().heads().num_kv_heads);
    for (size_t head = 0; head < heads; ++head) {
      const size_t kv_head = head / (heads / kv_heads);
      const Rows attended = reference::CausalAttention(Head(q, head, true), Head(k, kv_head, true),
                                                       Head(v, kv_head, false), 0);
      for (size_t i = 0; i < h.size(); ++i) {
        out[i].insert(out[i].end(), attended[i].begin(), attended[i].end());
      }
    }
    return out;
  }

  const Checkpoint checkpoint_;
};

class BiasedModelTest : public testing::Test {
 protected:
  BiasedModelTest() {
    ThreadPool pool(1);
    SOTTO_CHECK(WriteRandomModel({OddConfig(), DType::kF32, 7}, dir_.File("model"), pool).ok());
    for (size_t i = 0; i < 70; ++i) prompt_.push_back(static_cast<int32_t>(i * 37 % 301));
  }

  double MaxDifference(Precision precision) {
    EngineOptions options;
    options.prefill_length = 100;
    LocalPrefill prefill(dir_.File("model"), precision, options);
    const PromptLogits got = prefill.Run({prompt_})[0];
    const Rows want = DoubleModel(dir_.File("model")).Logits(prompt_);
    double max = 0;
    for (size_t i = 0; i < want.size(); ++i) {
      for (size_t j = 0; j < want[i].size(); ++j) {
        max = std::max(max, std::abs(got.row(i)[j] - want[i][j]));
      }
    }
    return max;
  }

  TempDir dir_;
  Prompt prompt_;
};

// Logits are of magnitude 1 to 4. f32 rounds some hundred times by 2^-24 of that; bf16 operands are
// off by 2^-9 each, int8's by 2^-8 of their row's maximum, in weights and activations; fixed has
// the former only. Errors of either sign average out over n_in and add up over ten layers.
TEST_F(BiasedModelTest, F32) { EXPECT_LT(MaxDifference(Precision::kF32), 2e-5); }
TEST_F(BiasedModelTest, Bf16) { EXPECT_LT(MaxDifference(Precision::kBf16), 0.06); }
TEST_F(BiasedModelTest, Int8) { EXPECT_LT(MaxDifference(Precision::kInt8), 0.25); }
TEST_F(BiasedModelTest, Fixed) { EXPECT_LT(MaxDifference(Precision::kFixed), 0.12); }

}  // namespace
}  // namespace sotto
