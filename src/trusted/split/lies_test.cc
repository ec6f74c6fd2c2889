// Accelerators that lie are caught, every time, within the exchange: 100 000 lies of every kind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "testing/lying_accelerator.h"
#include "testing/sanitizer.h"
#include "testing/small_config.h"
#include "trusted/split/offloaded.h"
#include "trusted/split/pads.h"
#include "trusted/split/relay.h"
#include "trusted/split/shares.h"
#include "trusted/split/unprotected.h"

namespace sotto {
namespace {

using ::testing::HasSubstr;

struct Mode {
  const char* name;
  size_t servers;
};
constexpr Mode kPlain{"plain", 1}, kPads{"pads", 1}, kShares2{"shares", 2}, kShares3{"shares", 3},
    kRelay{"relay", 2};
constexpr Mode kAllModes[] = {kPads, kPlain, kShares2, kShares3, kRelay};

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

  std::unique_ptr<Blinder> MakeBlinder(const Mode& mode) {
    const ModelSpec& config = model_.config();
    const std::string name = mode.name;
    if (name == "plain") return std::make_unique<UnprotectedRows>(config);
    if (name == "relay") return std::make_unique<RelayBlinder>(config, 1 << 20, ProcessDrbg());
    if (name == "shares") {
      return std::make_unique<ShareBlinder>(config, mode.servers, ProcessDrbg());
    }
    if (pad_weights_ == nullptr) {
      pad_weights_ = std::make_shared<PadWeights>(config, FixedWeights::k12Bits);
      model_.Protect(ProcessDrbg(), pool_,
                     [&](LinearLayer layer, size_t first, ConstMatrixView<int16_t> wq) {
                       pad_weights_->AddRows(layer, first, wq);
                     });
    }
    PadOptions options;  // Without room for a stock: each pad is made when it is asked for.
    options.rows = kRows;
    return std::make_unique<PadBlinder>(pad_weights_, options, ProcessDrbg());
  }

  // Accelerator number `liar` lies in its answer number `when`.
  void Make(const Mode& mode, size_t liar, Lie lie, size_t when, uint32_t seed) {
    std::vector<std::shared_ptr<AcceleratorChannel>> channels;
    const auto relay = std::make_shared<InProcessRelay>();
    channels_.clear();
    for (size_t k = 0; k < mode.servers; ++k) {
      std::unique_ptr<InProcessAccelerator> accelerator;
      if (k == liar) {
        auto lying = std::make_unique<LyingAccelerator>(model_.ring(), lie, when, seed);
        liar_ = lying.get();
        accelerator = std::move(lying);
      } else {
        accelerator = std::make_unique<InProcessAccelerator>(model_.ring());
      }
      accelerator->set_relay(relay);
      channels_.push_back(accelerator.get());
      channels.push_back(std::move(accelerator));
    }
    linear_ = std::make_unique<OffloadedLinear>(layers_, MakeBlinder(mode), std::move(channels),
                                                OffloadedOptions{});
  }

  absl::Status Apply(LinearLayer layer) {
    const LinearShape shape = layers_->at(layer).shape;
    // Modes with more servers need more.
    if (const size_t bytes = linear_->WorkspaceBytes(kRows, 1); bytes > memory_bytes_) {
      memory_bytes_ = bytes;
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

  // After a lie: nothing more is hidden or sent, every channel has ended, no masks are left.
  void ExpectDead() {
    const uint64_t exchanges = linear_->stats().exchanges;
    const absl::Status again = RunExchanges(1);
    EXPECT_EQ(again.code(), absl::StatusCode::kAborted);
    EXPECT_EQ(linear_->stats().exchanges, exchanges);
    for (InProcessAccelerator* channel : channels_) EXPECT_EQ(channel->failure(), again);
    auto& blinder = const_cast<Blinder&>(linear_->blinder());
    if (std::string(blinder.protection()) == "plain") return;  // Has none.
    EXPECT_EQ(blinder.Begin({}, 1).status().code(), absl::StatusCode::kAborted);
    EXPECT_EQ(blinder.BeginAhead({}, 1), nullptr);
  }

  static constexpr size_t kRows = 3;
  ThreadPool pool_{1};
  TinyModel model_;
  std::shared_ptr<const ProtectedLayers> layers_;
  std::shared_ptr<PadWeights> pad_weights_;
  Matrix<float> x_, y_;
  AlignedArray<uint8_t> memory_;
  size_t memory_bytes_ = 0;
  std::unique_ptr<OffloadedLinear> linear_;
  LyingAccelerator* liar_ = nullptr;
  std::vector<InProcessAccelerator*> channels_;
};

// The secret that products are checked with is drawn once: what many lies try is every path that an
// answer takes, not how seldom a check misses, which docs/blinding.md proves.
TEST_F(LiesTest, AHundredThousandLiesAreAllCaughtInTheirExchange) {
  constexpr size_t kLies = kUnderSanitizer ? 1'000 : 100'000;  // There to see memory errors.
  std::mt19937 rng(4);
  size_t told = 0;
  for (uint32_t trial = 0; told < kLies; ++trial) {
    ASSERT_LT(trial, 3 * kLies) << "the lies are mostly truths";
    // A factory of pads is a thread, and slow to make: now and then.
    const size_t quick = 1 + rng() % (std::size(kAllModes) - 1);
    const Mode& mode = kAllModes[trial % 32 == 0 ? 0 : quick];
    const size_t when = rng() % 4;
    Make(mode, rng() % mode.servers, kAllLies[rng() % std::size(kAllLies)], when, trial);
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

// Every protection, each of its servers, every lie: caught in its exchange, and the end.
TEST_F(LiesTest, EveryKindOfLieIsTold) {
  size_t told = 0;
  for (const Mode& mode : kAllModes) {
    for (size_t liar = 0; liar < mode.servers; ++liar) {
      for (Lie lie : kAllLies) {
        // The same layer twice, for a replay needs two answers of one shape; a relay's source is
        // asked for the next layer's in between.
        const bool source = &mode == std::end(kAllModes) - 1 && liar == 0;
        Make(mode, liar, lie, source ? 2 : 1, 5);
        ASSERT_TRUE(Apply({LinearKind::kQkv, 0}).ok());
        const absl::Status status = Apply({LinearKind::kQkv, 0});
        if (!liar_->lied()) continue;
        ++told;
        EXPECT_EQ(status.code(), absl::StatusCode::kAborted)
            << mode.name << liar << " " << static_cast<int>(lie);
        ExpectDead();
      }
    }
  }
  // Rows in the clear repeat themselves, so a replay of them is the truth (two lies); and what a
  // source was asked in between has another shape (one).
  EXPECT_EQ(told, (1 + 1 + 2 + 3 + 2) * std::size(kAllLies) - 3);
}

TEST_F(LiesTest, OneLieInTenThousandAnswersIsCaught) {
  Make(kShares2, 0, Lie::kFlipBit, 9'999, 6);
  EXPECT_TRUE(RunExchanges(9'999).ok());
  EXPECT_EQ(RunExchanges(1).code(), absl::StatusCode::kAborted);
}

TEST_F(LiesTest, TheMessageSaysWhatFailedAndWhere) {
  Make(kShares3, 2, Lie::kZeros, 0, 7);
  const absl::Status first = RunExchanges(1);
  EXPECT_EQ(first.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(first.message()), HasSubstr("failed verification"));
  EXPECT_THAT(std::string(first.message()), HasSubstr("liar"));
}

TEST_F(LiesTest, UnverifiedPlainTakesLies) {
  std::vector<std::shared_ptr<AcceleratorChannel>> channels;
  channels.push_back(std::make_unique<LyingAccelerator>(model_.ring(), Lie::kZeros, 0, 8));
  OffloadedOptions options;
  options.verify = false;
  linear_ = std::make_unique<OffloadedLinear>(
      layers_, std::make_unique<UnprotectedRows>(model_.config()), std::move(channels), options);
  EXPECT_TRUE(RunExchanges(1).ok());
}

}  // namespace
}  // namespace sotto
