// Every family with all that its layers can have, against the whole model in plain double loops:
// biases, windows, norms of q and k, rotations that differ from layer to layer, odd sizes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kernels/reference.h"
#include "testing/family_configs.h"
#include "testing/local_prefill.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

using reference::Row;
using reference::Rows;

class DoubleModel {
 public:
  explicit DoubleModel(const std::string& dir) : checkpoint_(*Checkpoint::Open(dir)) {}

  Rows Logits(const Prompt& ids) const {
    const Rows embedding = Read("model.embed_tokens.weight");
    Rows x;
    for (int32_t id : ids) x.push_back(embedding[id]);
    for (size_t layer = 0; layer < config().num_layers(); ++layer) {
      const std::string name = "model.layers." + std::to_string(layer) + ".";
      const Rows attended = Attention(config().layers[layer].attention, name + "self_attn.",
                                      Norm(name + "input_layernorm", x));
      Add(Linear(name + "self_attn.o_proj", attended), x);
      const Rows h = Norm(name + "post_attention_layernorm", x);
      Rows gate = Linear(name + "mlp.gate_proj", h);
      const Rows up = Linear(name + "mlp.up_proj", h);
      for (size_t i = 0; i < gate.size(); ++i) gate[i] = reference::SwiGlu(gate[i], up[i]);
      Add(Linear(name + "mlp.down_proj", gate), x);
    }
    return reference::MatMul(Norm("model.norm", x),
                             config().tie_word_embeddings ? embedding : Read("lm_head.weight"));
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
    if (!checkpoint_.Find(name + ".bias").ok()) return y;
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

  // Columns of one head, normed where there is a `norm` and the layer has one.
  Rows Head(const AttentionSpec& spec, const Rows& all, size_t head,
            const std::string& norm) const {
    Rows out;
    for (const Row& row : all) {
      out.emplace_back(row.begin() + head * spec.head_dim,
                       row.begin() + (head + 1) * spec.head_dim);
    }
    return spec.qk_norm && !norm.empty() ? Norm(norm, out) : out;
  }

  static Rows Rotated(const AttentionSpec& spec, Rows rows) {
    const Row frequencies = RopeInverseFrequencies(spec.rope, spec.head_dim);
    for (size_t position = 0; position < rows.size(); ++position) {
      rows[position] = reference::Rope(rows[position], position, frequencies);
    }
    return rows;
  }

  Rows Attention(const AttentionSpec& spec, const std::string& name, const Rows& h) const {
    const Rows q = Linear(name + "q_proj", h), k = Linear(name + "k_proj", h),
               v = Linear(name + "v_proj", h);
    Rows out(h.size());
    for (size_t head = 0; head < spec.num_heads; ++head) {
      const size_t kv_head = head / (spec.num_heads / spec.num_kv_heads);
      const Rows attended =
          reference::CausalAttention(Rotated(spec, Head(spec, q, head, name + "q_norm")),
                                     Rotated(spec, Head(spec, k, kv_head, name + "k_norm")),
                                     Head(spec, v, kv_head, ""), 0, spec.window.value_or(h.size()));
      for (size_t i = 0; i < h.size(); ++i) {
        out[i].insert(out[i].end(), attended[i].begin(), attended[i].end());
      }
    }
    return out;
  }

  const Checkpoint checkpoint_;
};

class WholeModelTest : public testing::TestWithParam<FamilyConfig> {
 protected:
  WholeModelTest() : model_(WriteFamilyModel(GetParam(), dir_)) {
    for (size_t i = 0; i < 140; ++i) prompt_.push_back(static_cast<int32_t>(i * 137 % 2048));
  }

  double MaxDifference(Precision precision) {
    EngineOptions options;
    options.prefill_length = 200;
    LocalPrefill prefill(model_, precision, options);
    const PromptLogits got = prefill.Run({prompt_})[0];
    const Rows want = DoubleModel(model_).Logits(prompt_);
    double max = 0;
    for (size_t i = 0; i < want.size(); ++i) {
      for (size_t j = 0; j < want[i].size(); ++j) {
        max = std::max(max, std::abs(got.row(i)[j] - want[i][j]));
      }
    }
    return max;
  }

  const TempDir dir_;
  const std::string model_;
  Prompt prompt_;
};

// Logits are of magnitude 1 to 6. f32 rounds some hundred times by 2^-24 of that; bf16 operands are
// off by 2^-9 each, int8's by 2^-8 of their row's maximum, in weights and activations; fixed has
// the former only, 16 times finer. Errors of either sign average out over n_in and add up over ten
// layers. Of weights of 8 bits, whose row's maximum is 3 to 4 deviations, the error is 1 % of a
// product, which over ten layers comes to 0.05 of a logit; the greatest of 280 000 is 5 deviations
// off, and 7 are allowed. bf16 is a third of that, 0.14, where processors with and without bf16
// products differ.
TEST_P(WholeModelTest, F32) { EXPECT_LT(MaxDifference(Precision::kF32), 3e-5); }
TEST_P(WholeModelTest, Bf16) { EXPECT_LT(MaxDifference(Precision::kBf16), 0.2); }
TEST_P(WholeModelTest, Int8) { EXPECT_LT(MaxDifference(Precision::kInt8), 0.5); }
TEST_P(WholeModelTest, Fixed) { EXPECT_LT(MaxDifference(Precision::kFixed), 0.35 / 16); }

INSTANTIATE_TEST_SUITE_P(Families, WholeModelTest, testing::ValuesIn(FamilyConfigs()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace sotto
