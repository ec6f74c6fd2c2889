#include "trusted/split/pads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "testing/ring_model.h"
#include "testing/small_config.h"

namespace sotto {
namespace {

using ::testing::HasSubstr;

constexpr LinearLayer kQkv0{LinearKind::kQkv, 0}, kLmHead{LinearKind::kLmHead, 0};

std::shared_ptr<const PadWeights> MakeWeights(const TinyModel& model) {
  auto weights = std::make_shared<PadWeights>(model.config(), FixedWeights::k12Bits);
  ThreadPool pool(1);
  model.Protect(ProcessDrbg(), pool,
                [&](LinearLayer layer, size_t first, ConstMatrixView<int16_t> wq) {
                  weights->AddRows(layer, first, wq);
                });
  return weights;
}

TEST(PadWeights, MultiplyModuloTwoToThe32) {
  ModelSpec config = TinyConfig();
  config.hidden_size = 36;  // Neither a multiple of a vector,
  for (LayerSpec& layer : config.layers) {
    layer.mlp.intermediate_size = 300;  // nor n_out of a column block.
  }
  const TinyModel model(config, 3);
  const auto weights = MakeWeights(model);
  std::mt19937 rng(4);
  for (int threads : {1, 3}) {
    ThreadPool pool(threads);
    PadWeights::Workspace workspace;
    for (size_t rows : {size_t{1}, size_t{5}, size_t{128}}) {
      for (LinearLayer layer : AllLinearLayers(config)) {
        const auto [n_in, n_out] = ShapeOf(config, layer);
        Matrix<uint32_t> x(rows, n_in), y(rows, n_out), expected(rows, n_out);
        for (size_t i = 0; i < rows * n_in; ++i) x.view().data()[i] = rng();
        x.view()(0, 0) = 0xffffffffu;
        model.ring()->Multiply(layer, x.view(), expected.view());
        weights->Multiply(layer, x.view(), y.view(), workspace, pool);
        EXPECT_TRUE(
            std::equal(y.view().data(), y.view().data() + rows * n_out, expected.view().data()))
            << LinearLayerName(layer) << " rows " << rows;
      }
    }
  }
}

class PadBlinderTest : public ::testing::Test {
 protected:
  PadBlinderTest() : model_(TinyConfig(), 5), weights_(MakeWeights(model_)) {}

  PadOptions Options(size_t memory_bytes, WhenOut when_out) const {
    PadOptions options;
    options.store.memory_bytes = memory_bytes;
    options.when_out = when_out;
    options.rows = 4;
    options.pass_rows = 8;
    options.lm_head_rows = 1;
    return options;
  }

  TinyModel model_;
  std::shared_ptr<const PadWeights> weights_;
};

TEST_F(PadBlinderTest, StocksAWholePassBalancedBetweenLayers) {
  PadBlinder blinder(weights_, Options(1 << 20, WhenOut::kFail), ProcessDrbg());
  ASSERT_TRUE(blinder.AwaitStock().ok());
  for (LinearLayer layer : AllLinearLayers(model_.config())) {
    for (int pad = 0; pad < (layer == kLmHead ? 1 : 2); ++pad) {
      EXPECT_TRUE(blinder.Begin(layer, 4).ok()) << LinearLayerName(layer);
    }
  }
  EXPECT_EQ(blinder.stats().used, 17u);
  EXPECT_GE(blinder.stats().made, 17u);
}

// Two blocks of 5 rows take two pads of 4 each, where 10 rows at once would take three.
TEST_F(PadBlinderTest, StocksPadsForEachBlock) {
  PadOptions options = Options(1 << 20, WhenOut::kFail);
  options.pass_rows = 10;
  options.block_rows = 5;
  PadBlinder blinder(weights_, options, ProcessDrbg());
  ASSERT_TRUE(blinder.AwaitStock().ok());
  EXPECT_GE(blinder.stats().made, 33u);
  for (LinearLayer layer : AllLinearLayers(model_.config())) {
    for (int pad = 0; pad < (layer == kLmHead ? 1 : 4); ++pad) {
      EXPECT_TRUE(blinder.Begin(layer, 1).ok()) << LinearLayerName(layer);
    }
  }
}

TEST_F(PadBlinderTest, FailsWhenOut) {
  PadBlinder blinder(weights_, Options(0, WhenOut::kFail), ProcessDrbg());
  ASSERT_TRUE(blinder.AwaitStock().ok());  // No room, so no stock to wait for.
  const absl::Status status = blinder.Begin(kQkv0, 1).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("model.layers.0.qkv"));
}

TEST_F(PadBlinderTest, WaitsForTheFactoryWithNoRoomAtAll) {
  PadBlinder blinder(weights_, Options(0, WhenOut::kWait), ProcessDrbg());
  for (int i = 0; i < 5; ++i) {
    for (LinearLayer layer : AllLinearLayers(model_.config())) {
      ASSERT_TRUE(blinder.Begin(layer, 4).ok());
    }
  }
  EXPECT_GT(blinder.stats().waits, 0u);
  EXPECT_EQ(blinder.stats().local_exchanges, 0u);
}

TEST_F(PadBlinderTest, MultipliesHereWhenOutAndAllowed) {
  PadBlinder blinder(weights_, Options(0, WhenOut::kLocal), ProcessDrbg());
  const auto blinding = blinder.Begin(kQkv0, 2);
  ASSERT_TRUE(blinding.ok());
  EXPECT_FALSE((*blinding)->Exchanged());
  EXPECT_EQ(blinder.stats().local_exchanges, 1u);
}

TEST_F(PadBlinderTest, DestroyedPadsAreGone) {
  PadBlinder blinder(weights_, Options(1 << 20, WhenOut::kWait), ProcessDrbg());
  ASSERT_TRUE(blinder.AwaitStock().ok());
  const absl::Status broken = absl::UnavailableError("broken"), lie = absl::AbortedError("a lie");
  blinder.Destroy(broken);
  EXPECT_EQ(blinder.Begin(kQkv0, 1).status(), broken);
  blinder.Destroy(lie);
  blinder.Destroy(broken);
  EXPECT_EQ(blinder.Begin(kQkv0, 1).status(), lie);
}

// Hides rows of zeros, so that what leaves is the mask itself.
std::string MaskOf(Blinding& blinding, size_t rows, size_t n_in) {
  Matrix<uint32_t> hidden(rows, n_in), scratch(2, n_in);
  const auto zeros = [](size_t, std::span<int32_t> x) { std::fill(x.begin(), x.end(), 0); };
  blinding.Hide(0, zeros, {scratch.view().data(), 2 * n_in}, hidden.view());
  return {reinterpret_cast<const char*>(hidden.view().data()), rows * n_in * sizeof(uint32_t)};
}

TEST_F(PadBlinderTest, NoMaskIsHandedOutTwiceToAnyThread) {
  PadBlinder blinder(weights_, Options(10'000, WhenOut::kWait), ProcessDrbg());
  std::mutex mutex;
  std::set<std::string> seen;
  std::atomic<int> repeated{0};
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        auto blinding = blinder.Begin(kQkv0, 1);
        if (!blinding.ok()) return;
        const std::string mask = MaskOf(**blinding, 1, 12);
        std::lock_guard lock(mutex);
        if (!seen.insert(mask).second) ++repeated;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(seen.size(), 200u);
  EXPECT_EQ(repeated, 0);
}

}  // namespace
}  // namespace sotto
