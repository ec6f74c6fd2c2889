// With pad_compute, all that can be watched of a pass is the same for every batch of its shape:
// what is multiplied, how much of it, what the sink is given, in which order. And padding changes
// no bit of what is real, whatever it comes to itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

#include "base/strings.h"
#include "testing/local_prefill.h"
#include "testing/test_data.h"
#include "trusted/engine/batch_plan.h"
#include "trusted/engine/logits.h"

namespace sotto {
namespace {

constexpr size_t kBatch = 4, kLength = 70;

// Tells what is asked of the layers behind it.
class RecordingLinear final : public Linear {
 public:
  RecordingLinear(std::unique_ptr<Linear> inner, std::vector<std::string>& events)
      : inner_(std::move(inner)), events_(events) {}

  size_t WorkspaceBytes(size_t max_tokens, int threads) const override {
    return inner_->WorkspaceBytes(max_tokens, threads);
  }
  AttentionPrecision attention_precision() const override { return inner_->attention_precision(); }
  absl::Status Apply(LinearLayer layer, const LinearInput& input, LinearTail tail,
                     MatrixView<float> y, ThreadPool& pool) override {
    events_.push_back(StrCat(LinearLayerName(layer), " of ", input.x.rows()));
    return inner_->Apply(layer, input, tail, y, pool);
  }

 private:
  const std::unique_ptr<Linear> inner_;
  std::vector<std::string>& events_;
};

std::vector<Prompt> PromptsOf(const std::vector<size_t>& lengths) {
  std::vector<Prompt> prompts;
  for (size_t length : lengths) {
    Prompt& prompt = prompts.emplace_back();
    for (size_t i = 0; i < length; ++i) {
      prompt.push_back(static_cast<int32_t>((7 + 13 * prompts.size() + 31 * i) % 2048));
    }
  }
  return prompts;
}

// One thread and one lane: the order is the engine's.
std::vector<std::string> Events(const std::vector<size_t>& lengths, const RunOptions& run) {
  std::vector<std::string> events;
  const Checkpoint checkpoint = *Checkpoint::Open(ShippedModelDir());
  ThreadPool pool(1);
  auto linear = std::make_unique<RecordingLinear>(
      *MakeLocalLinear(checkpoint, {.precision = Precision::kF32}, pool), events);
  const auto engine =
      *Engine::Create(checkpoint, std::move(linear),
                      EngineOptions{.batch_size = kBatch, .prefill_length = kLength});
  const auto sink = [&](size_t prompt, size_t position, ConstMatrixView<float> logits) {
    // A last position is a value, not a place: it may differ.
    const size_t place = run.logits == LogitsMode::kAll ? position : 0;
    events.push_back(StrCat("sink ", prompt, " ", place, " ", logits.rows()));
  };
  EXPECT_TRUE(engine->Run(PromptsOf(lengths), run, sink).ok());
  return events;
}

TEST(FixedShapeTest, WorkAndItsOrderAreThoseOfTheShape) {
  for (const LogitsMode mode : {LogitsMode::kAll, LogitsMode::kLast}) {
    const RunOptions run{.logits = mode, .pad_compute = true};
    const std::vector<std::string> full = Events({70, 70, 70, 70}, run);
    EXPECT_THAT(full, testing::Contains(testing::StartsWith("sink 3 ")));
    EXPECT_EQ(Events({1, 70, 33, 2}, run), full);
    EXPECT_EQ(Events({69}, run), full);
    EXPECT_EQ(Events({1, 1}, run), full);
    // Equal beginnings are not shared.
    EXPECT_EQ(Events({70, 69, 68}, run), full);
    // The test can fail: without, they tell.
    EXPECT_NE(Events({69}, {.logits = mode}), Events({68}, {.logits = mode}));
  }
}

TEST(FixedShapeTest, EveryPositionIsDeliveredOnce) {
  const Checkpoint checkpoint = *Checkpoint::Open(ShippedModelDir());
  ThreadPool pool(1);
  const auto engine = *Engine::Create(
      checkpoint, *MakeLocalLinear(checkpoint, {.precision = Precision::kF32}, pool),
      EngineOptions{.threads = 3, .batch_size = kBatch, .prefill_length = kLength, .lanes = 2});
  std::vector<int> deliveries(kBatch * kLength, 0);
  std::mutex mutex;
  const auto sink = [&](size_t prompt, size_t position, ConstMatrixView<float> logits) {
    const std::lock_guard lock(mutex);
    for (size_t i = 0; i < logits.rows(); ++i) ++deliveries[prompt * kLength + position + i];
  };
  ASSERT_TRUE(engine->Run(PromptsOf({3, 64}), {.pad_compute = true}, sink).ok());
  EXPECT_EQ(deliveries, std::vector<int>(kBatch * kLength, 1));
}

// Queries, keys and values of the first layer overflow for the token that padding consists of.
class OverflowingPadding final : public Linear {
 public:
  // `padding`: that token's embedding. `overflows` counts rows.
  OverflowingPadding(std::unique_ptr<Linear> inner, std::vector<float> padding, int& overflows)
      : inner_(std::move(inner)), padding_(std::move(padding)), overflows_(overflows) {}

  size_t WorkspaceBytes(size_t max_tokens, int threads) const override {
    return inner_->WorkspaceBytes(max_tokens, threads);
  }
  AttentionPrecision attention_precision() const override { return inner_->attention_precision(); }
  absl::Status Apply(LinearLayer layer, const LinearInput& input, LinearTail tail,
                     MatrixView<float> y, ThreadPool& pool) override {
    SOTTO_CHECK(inner_->Apply(layer, input, tail, y, pool).ok());
    if (layer.kind != LinearKind::kQkv || layer.block != 0) return absl::OkStatus();
    for (size_t i = 0; i < y.rows(); ++i) {
      if (!std::equal(padding_.begin(), padding_.end(), input.x.row(i))) continue;
      std::fill_n(y.row(i), y.cols(), std::numeric_limits<float>::infinity());
      ++overflows_;
    }
    return absl::OkStatus();
  }

 private:
  const std::unique_ptr<Linear> inner_;
  const std::vector<float> padding_;
  int& overflows_;
};

// In one block of keys with the prompt's last ones, whose weights for it are zero: 0 * infinity.
TEST(FixedShapeTest, PaddingThatOverflowsSpoilsNoRealRow) {
  const Checkpoint checkpoint = *Checkpoint::Open(ShippedModelDir());
  ThreadPool pool(1);
  const TensorRef table = *checkpoint.Find("model.embed_tokens.weight");
  Matrix<float> padding(1, checkpoint.config().hidden_size);
  ASSERT_TRUE(checkpoint.ReadRows(table, 0, padding.view()).ok());
  const std::vector<float> row(padding.view().row(0),
                               padding.view().row(0) + checkpoint.config().hidden_size);
  for (const Precision precision : {Precision::kF32, Precision::kBf16}) {
    int overflows = 0;
    const auto logits = [&](const RunOptions& run) {
      const auto engine = *Engine::Create(
          checkpoint,
          std::make_unique<OverflowingPadding>(
              *MakeLocalLinear(checkpoint, {.precision = precision}, pool), row, overflows),
          EngineOptions{.batch_size = kBatch, .prefill_length = kLength});
      std::vector<float> values(20 * 2048);
      const auto sink = [&](size_t prompt, size_t position, ConstMatrixView<float> rows) {
        for (size_t i = 0; i < rows.rows() && prompt == 0 && position + i < 20; ++i) {
          std::copy_n(rows.row(i), 2048, &values[(position + i) * 2048]);
        }
      };
      EXPECT_TRUE(engine->Run(PromptsOf({20}), run, sink).ok());
      return values;
    };
    const std::vector<float> packed = logits({});
    EXPECT_EQ(overflows, 0);
    EXPECT_EQ(logits({.pad_compute = true}), packed);
    EXPECT_GT(overflows, 0);
  }
}

}  // namespace
}  // namespace sotto
