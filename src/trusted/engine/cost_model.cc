#include "trusted/engine/cost_model.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>

#include "base/integers.h"
#include "model/linear_layers.h"
#include "trusted/engine/batch_plan.h"
#include "trusted/engine/memory_plan.h"

namespace sotto {
namespace {

double Units(size_t n, size_t unit) { return static_cast<double>(CeilDiv(n, unit)); }

double BlockWeights(const ModelSpec& config) {
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

// Operations done while one weight comes from memory: bf16 about 1 T operations/s and, at two
// bytes each, 30 G weights/s; narrower weights come as much faster as they are multiplied.
constexpr double kOperationsPerWeight = 32;

// A calibration may take this share of the work to come, or so many operations (some 10 ms).
constexpr double kCalibrationShare = 0.05, kFreeOperations = 1e10;
// A calibration runs each of its batches so often, and for so long: the fastest run counts, and
// the first one, which touches memory for the first time, never does.
constexpr int kCalibrationRuns = 2;
constexpr std::chrono::milliseconds kCalibrationTime{10};

struct CalibrationPrompts {
  std::vector<std::vector<int32_t>> small, large;
};
CalibrationPrompts MakeCalibrationPrompts(const EngineOptions& options) {
  const auto zeros = [&](size_t most) {
    return std::vector(1, std::vector<int32_t>(std::min(options.prefill_length, most), 0));
  };
  return {zeros(16), zeros(kCalibrationPositions)};
}

absl::StatusOr<double> TimeRuns(Engine& engine, std::span<const std::vector<int32_t>> prompts,
                                LogitsMode logits, LogitsSink sink) {
  using Clock = std::chrono::steady_clock;
  double best = std::numeric_limits<double>::infinity();
  const auto begin = Clock::now();
  for (int run = 0; run < kCalibrationRuns || Clock::now() - begin < kCalibrationTime; ++run) {
    const auto start = Clock::now();
    SOTTO_RETURN_IF_ERROR(engine.Run(prompts, {.logits = logits}, sink));
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (run > 0) best = std::min(best, seconds);
  }
  return best;
}

// Keys that the queries of a segment see: position p sees p + 1 of them, or a window.
double SeenKeys(const Segment& segment, std::optional<size_t> window) {
  const size_t first = segment.first_position, end = first + segment.rows;
  // Positions before it see all up to their own.
  const size_t full = std::clamp(window.value_or(end), first, end);
  const double n = static_cast<double>(full - first), f = static_cast<double>(first);
  return n * f + n * (n + 1) / 2 +
         static_cast<double>(end - full) * static_cast<double>(window.value_or(0));
}

// Of all layers.
double SeenKeys(const ModelSpec& config, const BatchPlan& plan) {
  std::map<std::optional<size_t>, double> layers_of;
  for (const LayerSpec& layer : config.layers) layers_of[layer.attention.window] += 1;
  double seen = 0;
  for (const auto& [window, layers] : layers_of) {
    for (const Segment& segment : plan.segments) seen += layers * SeenKeys(segment, window);
  }
  return seen;
}

// Rows that lm_head is computed for.
size_t LogitRows(const BatchPlan& plan, const RunOptions& options) {
  if (options.hidden_states) return 0;
  if (options.positions == nullptr) {
    return options.logits == LogitsMode::kAll ? plan.rows() : plan.prompt_length.size();
  }
  size_t rows = 0;
  for (const std::vector<size_t>& positions : *options.positions) rows += positions.size();
  return rows;
}

}  // namespace

BatchWork WorkOf(const ModelSpec& config, const EngineOptions& engine,
                 std::span<const std::vector<int32_t>> prompts, const RunOptions& options) {
  const BatchPlan plan = options.pad_compute
                             ? FixedShapePlan({}, engine.batch_size, engine.prefill_length)
                             : PackedPlan(prompts, options.owners);
  const double rows = static_cast<double>(plan.rows());
  const size_t logit_rows = LogitRows(plan, options);
  const double lm_head = static_cast<double>(config.vocab_size * config.hidden_size);
  const double blocks = BlockWeights(config);

  BatchWork work;
  work.linear_operations = 2 * (rows * blocks + static_cast<double>(logit_rows) * lm_head);
  work.streamed_weights =
      Units(plan.rows(), TokenBlockRows(engine)) * blocks + Units(logit_rows, kLogitRows) * lm_head;
  // Scores and values cost head_dim multiply-adds each for every key that a query sees.
  work.attention_operations =
      4 * SeenKeys(config, plan) * static_cast<double>(config.heads().q_size());
  return work;
}

double RelativeCost(const BatchWork& work) {
  return EffectiveOperations(work) + kOperationsPerWeight * work.streamed_weights;
}

bool CalibrationPays(const ModelSpec& config, const EngineOptions& engine, const RunOptions& run,
                     std::span<const BatchWork> to_come) {
  const CalibrationPrompts prompts = MakeCalibrationPrompts(engine);
  const RunOptions packed{.logits = run.logits};
  const double cost =
      kCalibrationRuns * (RelativeCost(WorkOf(config, engine, prompts.small, packed)) +
                          RelativeCost(WorkOf(config, engine, prompts.large, packed)));
  double all = 0;
  for (const BatchWork& work : to_come) all += RelativeCost(work);
  return cost < std::max(kFreeOperations, kCalibrationShare * all);
}

absl::StatusOr<CostModel> CostModel::Calibrate(const ModelSpec& config,
                                               const EngineOptions& options, LogitsMode logits,
                                               Engine& engine, LogitsSink sink) {
  const CalibrationPrompts prompts = MakeCalibrationPrompts(options);
  const RunOptions run{.logits = logits};
  SOTTO_ASSIGN_OR_RETURN(const double small_seconds, TimeRuns(engine, prompts.small, logits, sink));
  SOTTO_ASSIGN_OR_RETURN(const double large_seconds, TimeRuns(engine, prompts.large, logits, sink));
  return CostModel(WorkOf(config, options, prompts.small, run), small_seconds,
                   WorkOf(config, options, prompts.large, run), large_seconds);
}

// Two equations in two unknowns; nearly equal batches tell no more than one.
CostModel::CostModel(const BatchWork& small, double small_seconds, const BatchWork& large,
                     double large_seconds) {
  const double a = EffectiveOperations(small), b = EffectiveOperations(large);
  const double u = small.streamed_weights, v = large.streamed_weights;
  const double determinant = b * u - a * v;
  if (determinant > 0.1 * b * u) {
    seconds_per_operation_ = (large_seconds * u - small_seconds * v) / determinant;
    seconds_per_weight_ = (small_seconds * b - large_seconds * a) / determinant;
  }
  if (seconds_per_operation_ <= 0 || seconds_per_weight_ < 0) FitTo(large, large_seconds);
}

void CostModel::FitTo(const BatchWork& work, double seconds) {
  seconds_per_operation_ = seconds / RelativeCost(work);
  seconds_per_weight_ = kOperationsPerWeight * seconds_per_operation_;
}

std::optional<double> CostModel::PredictSeconds(const BatchWork& work) const {
  if (seconds_per_operation_ <= 0) return std::nullopt;
  return correction_ * (EffectiveOperations(work) * seconds_per_operation_ +
                        work.streamed_weights * seconds_per_weight_);
}

void CostModel::Observe(const BatchWork& work, double seconds) {
  const std::optional<double> predicted = PredictSeconds(work);
  if (!predicted.has_value()) return FitTo(work, seconds);
  if (seconds > 0) correction_ *= 1 + (seconds / *predicted - 1) / 2;
}

}  // namespace sotto
