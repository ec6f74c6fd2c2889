// The final norm and lm_head, in blocks of rows: nothing of size [positions, vocab] exists.
#ifndef SOTTO_TRUSTED_ENGINE_LOGITS_H_
#define SOTTO_TRUSTED_ENGINE_LOGITS_H_

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "sotto/head.h"
#include "trusted/engine/batch_plan.h"
#include "trusted/engine/engine.h"
#include "trusted/engine/lane.h"
#include "trusted/engine/transformer_block.h"

namespace sotto {

// What can be had of such a model, for errors about what cannot.
std::string_view WhatHeadComputes(HeadKind head);

// FAILED_PRECONDITION, naming the architecture, for a model without lm_head.
absl::Status CheckHasLogits(const ModelSpec& config);

// Delivers the logits of every real position, or of a fixed shape's every position. x:
// [plan.rows(), hidden_size], after the last layer. The rows of a shared prefix are computed once
// and delivered to each of its prompts.
absl::Status DeliverAllLogits(const DecoderParts& model, const BatchPlan& plan,
                              ConstMatrixView<float> x, Lane& lane, LogitsSink sink);

// Delivers the logits of each prompt's last position; computes no other. Of a fixed shape, absent
// prompts' as well, and every row is read: which is the last one is chosen by a mask.
absl::Status DeliverLastLogits(const DecoderParts& model, const BatchPlan& plan,
                               ConstMatrixView<float> x, Lane& lane, LogitsSink sink);

// As RunOptions.
struct ChosenLogits {
  const std::vector<std::vector<size_t>>& positions;
  std::span<const size_t> columns = {};
};

// Delivers the logits of positions[i] of each prompt i; computes no other. Not for a fixed shape.
absl::Status DeliverLogitsAt(const DecoderParts& model, const BatchPlan& plan,
                             const ChosenLogits& chosen, ConstMatrixView<float> x, Lane& lane,
                             LogitsSink sink);

// Delivers RMSNorm(x) of every real position, or of a fixed shape's every position: [rows,
// hidden_size].
absl::Status DeliverHiddenStates(const DecoderParts& model, const BatchPlan& plan,
                                 ConstMatrixView<float> x, Lane& lane, LogitsSink sink);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_ENGINE_LOGITS_H_
