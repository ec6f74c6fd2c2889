// Accelerators that lie are caught, every time, within the exchange: 100 000 lies of every kind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "enclave/blinding/shares.h"
#include "enclave/blinding/unprotected.h"
#include "enclave/linear/offloaded.h"
#include "testing/lying_accelerator.h"

namespace sotto {
namespace {

using ::testing::HasSubstr;

class LiesTest : public ::testing::Test {
 protected:
  LiesTest()
      : model_(TinyConfig(), 2),
        layers_(std::make_shared<ProtectedLayers>(model_.Protect(ProcessDrbg(), pool_))),
        x_(kRows, 20),
        y_(kRows, 33) {
    std::mt19937 rng(3);
    std::normal_distribution<float> normal;
    for (size_t i = 0; i < kRows * 20; ++i) x_.view().data()[i] = normal(rng);
  }

  // `servers` accelerators, number `liar` of which lies in its answer number `when`.
  void Make(size_t servers, size_t liar, Lie lie, size_t when, uint32_t seed) {
    std::vector<std::unique_ptr<AcceleratorChannel>> channels;
    channels_.clear();
    for (size_t k = 0; k < servers; ++k) {
      std::unique_ptr<InProcessAccelerator> accelerator;
      if (k == liar) {
        auto lying = std::make_unique<LyingAccelerator>(model_.ring(), lie, when, seed);
        liar_ = lying.get();
        accelerator = std::move(lying);
      } else {
        accelerator = std::make_unique<InProcessAccelerator>(model_.ring());
      }
      channels_.push_back(accelerator.get());
      channels.push_back(std::move(accelerator));
    }
    std::unique_ptr<Blinder> blinder;
    if (servers == 1) blinder = std::make_unique<UnprotectedRows>(model_.config());
    if (servers > 1) {
      blinder = std::make_unique<ShareBlinder>(model_.config(), servers, ProcessDrbg());
    }
    linear_ = std::make_unique<OffloadedLinear>(layers_, std::move(blinder), std::move(channels),
                                                OffloadedOptions{});
  }

  absl::Status Apply(LinearLayer layer) {
    const LinearShape shape = layers_->at(layer).shape;
    if (memory_ == nullptr) {
      memory_bytes_ = 2 * linear_->WorkspaceBytes(kRows, 1);
      memory_ = MakeAlignedArray<uint8_t>(memory_bytes_);
    }
    const LinearInput input{
        {x_.view().data(), kRows, shape.n_in}, nullptr, 0, {memory_.get(), memory_bytes_}};
    const bool gate_up = layer.kind == LinearKind::kGateUp;
    const size_t columns = gate_up ? shape.n_out / 2 : shape.n_out;
    return linear_->Apply(layer, input, gate_up ? LinearTail::kSwiGlu : LinearTail::kStore,
                          MatrixView<float>(y_.view().data(), kRows, columns), pool_);
  }

  // Forward passes' worth of layers until one fails or `answers` were given.
  absl::Status RunExchanges(size_t answers) {
    const std::vector<LinearLayer> layers = AllLinearLayers(model_.config());
    for (size_t i = 0; i < answers; ++i) {
      SOTTO_RETURN_IF_ERROR(Apply(layers[i % layers.size()]));
    }
    return absl::OkStatus();
  }

  static constexpr size_t kRows = 3;
  ThreadPool pool_{1};
  TinyModel model_;
  std::shared_ptr<const ProtectedLayers> layers_;
  Matrix<float> x_, y_;
  AlignedArray<uint8_t> memory_;
  size_t memory_bytes_ = 0;
  std::unique_ptr<OffloadedLinear> linear_;
  LyingAccelerator* liar_ = nullptr;
  std::vector<InProcessAccelerator*> channels_;
};

TEST_F(LiesTest, AHundredThousandLiesAreAllCaughtInTheirExchange) {
  constexpr size_t kLies = 100'000;
  std::mt19937 rng(4);
  size_t told = 0;
  for (uint32_t trial = 0; told < kLies; ++trial) {
    ASSERT_LT(trial, 3 * kLies) << "the lies are mostly truths";
    const size_t servers = 1 + trial % 3, when = rng() % 4;
    Make(servers, rng() % servers, kAllLies[trial % std::size(kAllLies)], when, trial);
    const absl::Status before = RunExchanges(when);
    ASSERT_TRUE(before.ok()) << before;
    const absl::Status status = Apply(AllLinearLayers(model_.config())[when]);
    if (liar_->lied()) {
      ++told;
      ASSERT_EQ(status.code(), absl::StatusCode::kAborted) << "trial " << trial;
    } else {
      ASSERT_TRUE(status.ok()) << status;
    }
  }
}

TEST_F(LiesTest, EveryKindOfLieIsTold) {
  for (Lie lie : kAllLies) {
    // Exchange 4 has the shape of exchange 0, the same layer of the other block; a replay needs
    // two of the same shape in a row: n_in is 12 in all but kDown, n_out alike in none, so it asks
    // for the same layer twice.
    Make(2, 1, lie, 1, 5);
    ASSERT_TRUE(Apply({LinearKind::kQkv, 0}).ok());
    EXPECT_EQ(Apply({LinearKind::kQkv, 0}).code(), absl::StatusCode::kAborted);
    EXPECT_TRUE(liar_->lied()) << static_cast<int>(lie);
  }
}

TEST_F(LiesTest, OneLieInTenThousandAnswersIsCaught) {
  Make(2, 0, Lie::kFlipBit, 9'999, 6);
  EXPECT_TRUE(RunExchanges(9'999).ok());
  EXPECT_EQ(RunExchanges(1).code(), absl::StatusCode::kAborted);
}

TEST_F(LiesTest, TheSessionIsDeadAndMasksAreDestroyed) {
  Make(3, 2, Lie::kZeros, 0, 7);
  const absl::Status first = RunExchanges(1);
  EXPECT_EQ(first.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(first.message()), HasSubstr("failed verification"));
  EXPECT_THAT(std::string(first.message()), HasSubstr("liar"));
  const uint64_t exchanges = linear_->stats().exchanges;
  EXPECT_EQ(RunExchanges(1), first);
  EXPECT_EQ(linear_->stats().exchanges, exchanges);  // Nothing more was hidden or sent.
  for (InProcessAccelerator* channel : channels_) EXPECT_EQ(channel->failure(), first);
  auto& blinder = const_cast<Blinder&>(linear_->blinder());
  EXPECT_EQ(blinder.Begin({}, 1).status().code(), absl::StatusCode::kAborted);
}

TEST_F(LiesTest, UnverifiedPlainTakesLies) {
  std::vector<std::unique_ptr<AcceleratorChannel>> channels;
  channels.push_back(std::make_unique<LyingAccelerator>(model_.ring(), Lie::kZeros, 0, 8));
  OffloadedOptions options;
  options.verify = false;
  linear_ = std::make_unique<OffloadedLinear>(
      layers_, std::make_unique<UnprotectedRows>(model_.config()), std::move(channels), options);
  EXPECT_TRUE(RunExchanges(1).ok());
}

}  // namespace
}  // namespace sotto
