// Which row of a fixed shape is a prompt's last one does not show in memory accesses.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/check.h"
#include "testing/memory_trace.h"
#include "trusted/engine/logits.h"

namespace sotto {
namespace {

enum class Choice { kOblivious, kDirect };

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

// Delivers the last logits of two prompts of a fixed shape, the first of `length` tokens.
void DeliverTraced(Choice choice, size_t length) {
  ModelSpec config;
  config.hidden_size = config.vocab_size = 64;
  config.layers = {{.attention = AttentionOf(4, 4, 16), .mlp = {.intermediate_size = 64}}};
  BatchPlan plan = FixedShapePlan(std::vector(2, std::vector<int32_t>(kLength, 0)), 2, kLength);
  plan.prompt_length[0] = length;
  if (choice == Choice::kDirect) plan.row_masks.clear();
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
  StartTrace();
  const bool done =
      DeliverLastLogits({&config, &norms, &linear, nullptr, {}, {}}, plan, x, lane, sink).ok();
  EndTrace();
  SOTTO_CHECK(done && sum == 2.0f);
}

std::vector<MemoryTrace> TraceLengths(Choice choice) {
  constexpr std::array<size_t, 3> kLengths = {3, 39, 40};
  return TraceEach(kLengths.size(), [&](size_t i) { DeliverTraced(choice, kLengths[i]); });
}

TEST(FixedShapeTraceTest, TheLastRowIsReadLikeEveryOther) {
  const auto oblivious = TraceLengths(Choice::kOblivious);
  if (oblivious[0].addresses.empty()) GTEST_SKIP() << "this system does not permit ptrace";
  for (const MemoryTrace& trace : oblivious) {
    EXPECT_FALSE(trace.vector_addresses);
    EXPECT_TRUE(trace == oblivious[0]);
  }
  // The test can fail: a copy of the row tells.
  const auto direct = TraceLengths(Choice::kDirect);
  ASSERT_FALSE(direct[0].addresses.empty());
  EXPECT_FALSE(direct[1] == direct[0]);
}

}  // namespace
}  // namespace sotto
