#include "trusted/engine/transformer_block.h"

#include "kernels/elementwise.h"
#include "kernels/oblivious_row.h"

namespace sotto {
namespace {

LinearLayer LayerOf(LinearKind kind, size_t layer) { return {kind, static_cast<uint32_t>(layer)}; }

LinearInput Normed(const LayerSpec& spec, const std::vector<float>& weight,
                   ConstMatrixView<float> x, const Lane& lane) {
  return {x, weight.data(), static_cast<float>(spec.norm_eps), lane.linear_workspace};
}

// Zeroes the values of padding rows. The causal mask already gives them no weight, but nothing
// times infinity is no number: a model that overflows on padding must not tell, nor spoil a real
// row.
void ZeroPaddingValues(const AttentionSpec& spec, const BlockState& state, Lane& lane) {
  if (!state.plan->fixed_shape()) return;
  const size_t v_size = spec.kv_size();
  const MatrixView<float> rows = lane.qkv.Rows(0, state.x.rows());
  const MatrixView<float> values = rows.Cols(rows.cols() - v_size, v_size);
  lane.pool.ParallelFor(values.rows(), [&](size_t i, int) {
    MaskRow(values.row(i), v_size, state.plan->row_masks[state.block->first_row + i],
            values.row(i));
  });
}

// y = RMSNorm(y) of each head of q and k. qkv: [rows, q + 2 kv].
void NormHeads(const LayerSpec& spec, const std::vector<float>& q_norm,
               const std::vector<float>& k_norm, MatrixView<float> qkv, Lane& lane) {
  const size_t heads = spec.attention.num_heads, kv_heads = spec.attention.num_kv_heads;
  const size_t dim = spec.attention.head_dim;
  const float eps = static_cast<float>(spec.norm_eps);
  lane.pool.ParallelFor(qkv.rows(), [&](size_t i, int) {
    float* head = qkv.row(i);
    for (size_t h = 0; h < heads + kv_heads; ++h, head += dim) {
      RmsNormRow(head, (h < heads ? q_norm : k_norm).data(), dim, eps, head);
    }
  });
}

LinearInput Plain(ConstMatrixView<float> x, const Lane& lane) {
  return {x, nullptr, 0.0f, lane.linear_workspace};
}

}  // namespace

absl::Status BetweenSteps(const DecoderParts& model) {
  if (model.stop.stop_requested()) return absl::CancelledError("the run was asked to stop");
  if (model.pause != nullptr) (*model.pause)();
  return absl::OkStatus();
}

absl::Status ProjectQkv(const DecoderParts& model, size_t layer, const BlockState& state,
                        Lane& lane) {
  const LayerSpec& spec = model.config->layers[layer];
  const MatrixView<float> qkv = lane.qkv.Rows(0, state.x.rows());
  SOTTO_RETURN_IF_ERROR(model.linear->Apply(
      LayerOf(LinearKind::kQkv, layer), Normed(spec, model.norms->attention[layer], state.x, lane),
      LinearTail::kStore, qkv, lane.pool));
  if (spec.attention.qk_norm) {
    NormHeads(spec, model.norms->q[layer], model.norms->k[layer], qkv, lane);
  }
  return absl::OkStatus();
}

void StoreKeysValues(const DecoderParts& model, size_t layer, const BlockState& state,
                     KvStore& store, Lane& lane) {
  ZeroPaddingValues(model.config->layers[layer].attention, state, lane);
  model.attention->StoreKeysValues(model.attention_layers[layer], *state.plan, *state.tasks,
                                   lane.qkv.Rows(0, state.x.rows()), store, lane.attention_scratch,
                                   lane.pool);
}

absl::Status Attend(const DecoderParts& model, size_t layer, const BlockState& state,
                    const KvStore& store, Lane& lane) {
  return model.attention->Attend(model.attention_layers[layer], *state.tasks,
                                 lane.qkv.Rows(0, state.x.rows()), store, lane.attention_scratch,
                                 lane.pool, lane.attended.Rows(0, state.x.rows()));
}

absl::Status AddAttention(const DecoderParts& model, size_t layer, const BlockState& state,
                          Lane& lane) {
  return model.linear->Apply(LayerOf(LinearKind::kAttentionOut, layer),
                             Plain(lane.attended.Rows(0, state.x.rows()), lane), LinearTail::kAdd,
                             state.x, lane.pool);
}

absl::Status AddMlp(const DecoderParts& model, size_t layer, const BlockState& state, Lane& lane) {
  const MatrixView<float> hidden = lane.mlp.Rows(0, state.x.rows());
  SOTTO_RETURN_IF_ERROR(model.linear->Apply(
      LayerOf(LinearKind::kGateUp, layer),
      Normed(model.config->layers[layer], model.norms->mlp[layer], state.x, lane),
      LinearTail::kSwiGlu, hidden, lane.pool));
  return model.linear->Apply(LayerOf(LinearKind::kDown, layer), Plain(hidden, lane),
                             LinearTail::kAdd, state.x, lane.pool);
}

}  // namespace sotto
