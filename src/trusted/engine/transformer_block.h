// One layer of the model over one token block (Touvron et al. 2023, LLaMA; Vaswani et al. 2017).
#ifndef SOTTO_TRUSTED_ENGINE_TRANSFORMER_BLOCK_H_
#define SOTTO_TRUSTED_ENGINE_TRANSFORMER_BLOCK_H_

#include <cstddef>
#include <functional>
#include <span>
#include <stop_token>

#include "base/status.h"
#include "trusted/engine/attention.h"
#include "trusted/engine/lane.h"
#include "trusted/engine/norm_weights.h"
#include "trusted/linear/linear.h"

namespace sotto {

// What does not change from one layer to the next.
struct DecoderParts {
  const ModelSpec* config;
  const NormWeights* norms;
  Linear* linear;
  const Attention* attention;
  std::span<const AttentionLayer> attention_layers;
  std::stop_token stop = {};
  const std::function<void()>* pause = nullptr;  // As RunOptions.
};

// Between two steps of a run: CANCELLED where it was asked to stop; else a pause.
absl::Status BetweenSteps(const DecoderParts& model);

// A token block on its way through the layers.
struct BlockState {
  const BatchPlan* plan;
  const TokenBlock* block;
  const AttentionTasks* tasks;
  MatrixView<float> x;  // The residual stream of the block's rows, [rows, hidden_size].
};

// q, k, v = RMSNorm(x) W_qkv, into lane.qkv; heads of q and k normed where the layer has qk_norm.
// Errors are the linear layers'.
absl::Status ProjectQkv(const DecoderParts& model, size_t layer, const BlockState& state,
                        Lane& lane);

// Puts lane.qkv's keys and values into the store, zeros for values of a fixed shape's padding.
// Those of all earlier rows must be there.
void StoreKeysValues(const DecoderParts& model, size_t layer, const BlockState& state,
                     KvStore& store, Lane& lane);

// x += Attention(q, K, V) W_o, in two steps: lane.attended first, and the store is not needed after
// it.
absl::Status Attend(const DecoderParts& model, size_t layer, const BlockState& state,
                    const KvStore& store, Lane& lane);
absl::Status AddAttention(const DecoderParts& model, size_t layer, const BlockState& state,
                          Lane& lane);

// x += (SiLU(h W_gate) * (h W_up)) W_down with h = RMSNorm(x).
absl::Status AddMlp(const DecoderParts& model, size_t layer, const BlockState& state, Lane& lane);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_ENGINE_TRANSFORMER_BLOCK_H_
