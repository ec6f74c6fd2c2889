#include "enclave/prefill/cost_model.h"

#include <algorithm>
#include <chrono>

#include "enclave/prefill/batch_plan.h"
#include "enclave/prefill/memory_plan.h"
#include "model/linear_layers.h"

namespace sotto {
namespace {

double CeilDiv(size_t n, size_t unit) { return static_cast<double>((n + unit - 1) / unit); }

double BlockWeights(const LlamaConfig& config) {
  double count = 0;
  for (LinearLayer layer : AllLinearLayers(config)) {
    const LinearShape shape = ShapeOf(config, layer);
    if (layer.kind != LinearKind::kLmHead) count += static_cast<double>(shape.n_in * shape.n_out);
  }
  return count;
}

// Operations of work that count at the linear layers' rate.
double EffectiveOperations(const BatchWork& work) {
  return work.linear_operations + work.attention_operations / CostModel::kAttentionShare;
}

// The second of two runs: the first one touches memory for the first time.
absl::StatusOr<double> TimeRun(Engine& engine, std::span<const std::vector<int32_t>> prompts,
                               const RunOptions& options) {
  double seconds = 0;
  for (int run = 0; run < 2; ++run) {
    const auto start = std::chrono::steady_clock::now();
    SOTTO_RETURN_IF_ERROR(
        engine.Run(prompts, options, [](size_t, size_t, ConstMatrixView<float>) {}));
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  return seconds;
}

}  // namespace

BatchWork WorkOf(const LlamaConfig& config, const EngineOptions& engine,
                 std::span<const std::vector<int32_t>> prompts, const RunOptions& options) {
  const BatchPlan plan = options.pad_compute
                             ? FixedShapePlan(prompts, engine.batch_size, engine.prefill_length)
                             : PackedPlan(prompts);
  const double rows = static_cast<double>(plan.rows());
  const size_t logit_rows = options.logits == LogitsMode::kAll ? plan.rows() : prompts.size();
  const double lm_head = static_cast<double>(config.vocab_size * config.hidden_size);
  const double blocks = BlockWeights(config);

  BatchWork work;
  work.linear_operations = 2 * (rows * blocks + static_cast<double>(logit_rows) * lm_head);
  work.streamed_weights = CeilDiv(plan.rows(), TokenBlockRows(engine)) * blocks +
                          CeilDiv(logit_rows, kLogitRows) * lm_head;
  // Query position p sees p + 1 keys; scores and values cost head_dim multiply-adds each.
  double seen = 0;
  for (const Segment& segment : plan.segments) {
    const double n = static_cast<double>(segment.rows);
    seen += n * static_cast<double>(segment.first_position) + n * (n + 1) / 2;
  }
  work.attention_operations = 4 * seen * static_cast<double>(config.q_size() * config.num_layers);
  return work;
}

absl::StatusOr<CostModel> CostModel::Calibrate(const LlamaConfig& config,
                                               const EngineOptions& options, Engine& engine) {
  RunOptions run;
  run.logits = LogitsMode::kLast;
  const std::vector<std::vector<int32_t>> small = {
      std::vector<int32_t>(std::min<size_t>(options.prefill_length, 16), 0)};
  const std::vector<std::vector<int32_t>> large = {
      std::vector<int32_t>(std::min<size_t>(options.prefill_length, 256), 0)};
  SOTTO_ASSIGN_OR_RETURN(const double small_seconds, TimeRun(engine, small, run));
  SOTTO_ASSIGN_OR_RETURN(const double large_seconds, TimeRun(engine, large, run));
  return CostModel(WorkOf(config, options, small, run), small_seconds,
                   WorkOf(config, options, large, run), large_seconds);
}

// Two equations in two unknowns; nearly equal batches tell only their sum, taken as operations.
CostModel::CostModel(const BatchWork& small, double small_seconds, const BatchWork& large,
                     double large_seconds) {
  const double a = EffectiveOperations(small), b = EffectiveOperations(large);
  const double u = small.streamed_weights, v = large.streamed_weights;
  const double determinant = b * u - a * v;
  if (determinant > 0.1 * b * u) {
    seconds_per_operation_ = (large_seconds * u - small_seconds * v) / determinant;
    seconds_per_weight_ = (small_seconds * b - large_seconds * a) / determinant;
  }
  if (seconds_per_operation_ <= 0 || seconds_per_weight_ < 0) {
    seconds_per_operation_ = large_seconds / b;
    seconds_per_weight_ = 0;
  }
}

double CostModel::PredictSeconds(const BatchWork& work) const {
  return correction_ * (EffectiveOperations(work) * seconds_per_operation_ +
                        work.streamed_weights * seconds_per_weight_);
}

void CostModel::Observe(const BatchWork& work, double seconds) {
  const double predicted = PredictSeconds(work);
  if (predicted > 0 && seconds > 0) correction_ *= 1 + (seconds / predicted - 1) / 2;
}

}  // namespace sotto
