// Several lanes fail at once: which error the run ends with.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <vector>

#include "testing/test_data.h"
#include "trusted/engine/engine.h"

namespace sotto {
namespace {

// Both lanes are inside their first layer before either fails, the lane of the lower rows with
// `low`, the other with `high`.
class FailingLinear final : public Linear {
 public:
  FailingLinear(absl::Status low, absl::Status high)
      : low_(std::move(low)), high_(std::move(high)) {}

  size_t WorkspaceBytes(size_t, int) const override { return 0; }
  absl::Status Apply(LinearLayer, const LinearInput& input, LinearTail, MatrixView<float>,
                     ThreadPool&) override {
    std::unique_lock lock(mutex_);
    seen_.push_back(input.x.data());
    changed_.notify_all();
    changed_.wait(lock, [&] { return seen_.size() == 2; });
    const float* const lower = std::min(seen_[0], seen_[1]);
    return input.x.data() == lower ? low_ : high_;
  }

 private:
  const absl::Status low_, high_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<const float*> seen_;
};

absl::Status RunTwoLanes(const absl::Status& low, const absl::Status& high) {
  const absl::StatusOr<Checkpoint> checkpoint = Checkpoint::Open(ShippedModelDir());
  EXPECT_TRUE(checkpoint.ok());
  EngineOptions options;
  options.threads = options.lanes = 2;
  options.prefill_length = 256;
  const auto engine =
      Engine::Create(*checkpoint, std::make_unique<FailingLinear>(low, high), options);
  EXPECT_TRUE(engine.ok());
  const std::vector<std::vector<int32_t>> prompts = {std::vector<int32_t>(256, 1)};
  return (*engine)->Run(prompts, {}, [](size_t, size_t, ConstMatrixView<float>) {});
}

TEST(LaneErrorsTest, ALieWinsWhereverItWasTold) {
  const absl::Status broken = absl::UnavailableError("broken"), lie = absl::AbortedError("a lie");
  const absl::Status late = absl::DeadlineExceededError("late");
  EXPECT_EQ(RunTwoLanes(broken, lie), lie);
  EXPECT_EQ(RunTwoLanes(lie, broken), lie);
  EXPECT_EQ(RunTwoLanes(late, broken), late);
}

}  // namespace
}  // namespace sotto
