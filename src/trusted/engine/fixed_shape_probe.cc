// Delivers the last logits of two prompts of a fixed shape, the first of a length that the command
// line tells, and ends: what prefill_trace_test runs under valgrind. Usage:
// fixed_shape_probe oblivious|direct LENGTH. Test-only.
#include <algorithm>
#include <string_view>

#include "base/check.h"
#include "trusted/engine/logits.h"

namespace sotto {
namespace {

constexpr size_t kLength = 40;

// A layer that copies.
class CopyingLinear final : public Linear {
 public:
  absl::Status Apply(LinearLayer, const LinearInput& input, LinearTail, MatrixView<float> y,
                     ThreadPool&) override {
    for (size_t i = 0; i < y.rows(); ++i) std::copy_n(input.x.row(i), y.cols(), y.row(i));
    return absl::OkStatus();
  }
};

void Deliver(bool oblivious, size_t length) {
  ModelSpec config;
  config.hidden_size = config.vocab_size = 64;
  config.layers = {{.attention = AttentionOf(4, 4, 16), .mlp = {.intermediate_size = 64}}};
  BatchPlan plan = FixedShapePlan(std::vector(2, std::vector<int32_t>(kLength, 0)), 2, kLength);
  plan.prompt_length[0] = length;
  if (!oblivious) plan.row_masks.clear();
  const MemoryPlan memory = PlanMemory(config, AttentionPlanFor(config, AttentionPrecision::kF32),
                                       0, {.batch_size = 2, .prefill_length = kLength});
  absl::StatusOr<Arena> arena = Arena::Create(memory.total_bytes());
  SOTTO_CHECK(arena.ok());
  Lane lane(memory, 1, nullptr, *arena);
  NormWeights norms;
  norms.final.assign(config.hidden_size, 1.0f);
  CopyingLinear linear;
  const MatrixView<float> x = arena->TakeMatrix(plan.rows(), config.hidden_size);
  std::fill_n(x.data(), x.size(), 1.0f);
  float sum = 0;
  const auto sink = [&](size_t, size_t, ConstMatrixView<float> logits) { sum += logits(0, 0); };
  SOTTO_CHECK(
      DeliverLastLogits({&config, &norms, &linear, nullptr, {}, {}}, plan, x, lane, sink).ok());
  SOTTO_CHECK(sum == 2.0f);
}

}  // namespace
}  // namespace sotto

int main(int argc, char** argv) {
  SOTTO_CHECK(argc == 3);
  // Digits are summed without a branch or address that depends on them.
  size_t length = 0;
  for (int i = 0; i < 4; ++i) length = length * 10 + static_cast<size_t>(argv[2][i] - '0');
  sotto::Deliver(std::string_view(argv[1]) == "oblivious", length);
  return 0;
}
