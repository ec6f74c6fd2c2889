// The final norm and lm_head, in blocks of rows: nothing of size [positions, vocab] exists.
#ifndef SOTTO_ENCLAVE_PREFILL_LOGITS_H_
#define SOTTO_ENCLAVE_PREFILL_LOGITS_H_

#include "base/status.h"
#include "enclave/prefill/batch_plan.h"
#include "enclave/prefill/engine.h"
#include "enclave/prefill/lane.h"
#include "enclave/prefill/transformer_block.h"

namespace sotto {

// Delivers the logits of every real position, or of a fixed shape's every position. x:
// [plan.rows(), hidden_size], after the last layer. The rows of a shared prefix are computed once
// and delivered to each of its prompts.
absl::Status DeliverAllLogits(const Model& model, const BatchPlan& plan, ConstMatrixView<float> x,
                              Lane& lane, LogitsSink sink);

// Delivers the logits of each prompt's last position; computes no other. Of a fixed shape, absent
// prompts' as well, and every row is read: which is the last one is chosen by a mask.
absl::Status DeliverLastLogits(const Model& model, const BatchPlan& plan, ConstMatrixView<float> x,
                               Lane& lane, LogitsSink sink);

}  // namespace sotto

#endif  // SOTTO_ENCLAVE_PREFILL_LOGITS_H_
