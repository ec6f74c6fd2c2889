#include "trusted/split/offloaded.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <random>

#include "kernels/elementwise.h"
#include "kernels/fixed_point.h"
#include "testing/in_process_accelerator.h"
#include "testing/small_config.h"
#include "trusted/split/pads.h"
#include "trusted/split/relay.h"
#include "trusted/split/shares.h"
#include "trusted/split/unprotected.h"

namespace sotto {
namespace {

using ::testing::HasSubstr;

LinearTail TailOf(LinearLayer layer) {
  switch (layer.kind) {
    case LinearKind::kAttentionOut:
    case LinearKind::kDown:
      return LinearTail::kAdd;
    case LinearKind::kGateUp:
      return LinearTail::kSwiGlu;
    default:
      return LinearTail::kStore;
  }
}

size_t OutputColumns(LinearShape shape, LinearTail tail) {
  return tail == LinearTail::kSwiGlu ? shape.n_out / 2 : shape.n_out;
}

// The layer in this process, one row after the other, products in 64-bit integers.
void ApplyPlainly(const RingModel& model, const ProtectedLayer& layer, LinearLayer name,
                  const LinearInput& input, LinearTail tail, MatrixView<float> y) {
  const auto [n_in, n_out] = layer.shape;
  const ConstMatrixView<int16_t> w = model.weights[LinearLayerIndex(model.config, name)].view();
  std::vector<float> x(n_in), values(n_out);
  std::vector<int32_t> xq(n_in), acc(n_out);
  for (size_t r = 0; r < input.x.rows(); ++r) {
    std::copy_n(input.x.row(r), n_in, x.begin());
    if (input.rms_weight) RmsNormRow(x.data(), input.rms_weight, n_in, input.rms_eps, x.data());
    const float t = QuantizeFixedRow(x.data(), n_in, layer.limit, xq.data());
    for (size_t j = 0; j < n_out; ++j) {
      int64_t sum = 0;
      for (size_t i = 0; i < n_in; ++i) sum += int64_t{w(j, i)} * xq[i];
      acc[j] = static_cast<int32_t>(sum);
      ASSERT_EQ(acc[j], sum);
    }
    const float* bias = layer.bias.empty() ? nullptr : layer.bias.data();
    ScaleFixedRow(acc.data(), n_out, t, layer.scales.data(), bias, values.data());
    if (tail == LinearTail::kStore) std::copy(values.begin(), values.end(), y.row(r));
    if (tail == LinearTail::kAdd) AddRow(values.data(), n_out, y.row(r));
    if (tail == LinearTail::kSwiGlu) {
      SwiGluRow(values.data(), values.data() + n_out / 2, n_out / 2, y.row(r));
    }
  }
}

Matrix<float> RandomMatrix(size_t rows, size_t cols, uint32_t seed) {
  std::mt19937 rng(seed);
  std::normal_distribution<float> normal;
  Matrix<float> m(rows, cols);
  for (size_t i = 0; i < rows * cols; ++i) m.view().data()[i] = normal(rng);
  return m;
}

bool SameBits(const Matrix<float>& a, const Matrix<float>& b) {
  return std::memcmp(a.view().data(), b.view().data(), a.rows() * a.cols() * sizeof(float)) == 0;
}

struct Protection {
  const char* name;
  size_t servers;
};

class OffloadedTest : public ::testing::TestWithParam<Protection> {
 protected:
  OffloadedTest()
      : model_(TinyConfig(), 1),
        layers_(std::make_shared<ProtectedLayers>(model_.Protect(ProcessDrbg(), pool_))) {}

  std::unique_ptr<OffloadedLinear> Make(const OffloadedOptions& options) {
    std::vector<std::shared_ptr<AcceleratorChannel>> channels;
    accelerators_.clear();
    const auto relay = std::make_shared<InProcessRelay>();
    for (size_t k = 0; k < GetParam().servers; ++k) {
      auto accelerator = std::make_unique<InProcessAccelerator>(model_.ring());
      accelerator->set_relay(relay);
      accelerators_.push_back(accelerator.get());
      channels.push_back(std::move(accelerator));
    }
    return std::make_unique<OffloadedLinear>(layers_, MakeBlinder(options.exchange_rows),
                                             std::move(channels), options);
  }

  std::unique_ptr<Blinder> MakeBlinder(size_t rows) {
    const std::string name = GetParam().name;
    if (name == "plain") return std::make_unique<UnprotectedRows>(model_.config());
    if (name.starts_with("relay")) {
      // With room for two rows, exchanges find none now and then, and go without the relay.
      const uint64_t rows = name == "relay" ? 8 * 40 : 2;
      return std::make_unique<RelayBlinder>(model_.config(), rows * 33 * 4, ProcessDrbg());
    }
    if (GetParam().servers > 1) {
      return std::make_unique<ShareBlinder>(model_.config(), GetParam().servers, ProcessDrbg());
    }
    auto weights = std::make_shared<PadWeights>(model_.config(), FixedWeights::k12Bits);
    model_.Protect(ProcessDrbg(), pool_,
                   [&](LinearLayer layer, size_t first, ConstMatrixView<int16_t> wq) {
                     weights->AddRows(layer, first, wq);
                   });
    PadOptions pads;
    pads.rows = rows;
    pads.store.memory_bytes = name == "pads" ? 1 << 20 : 0;
    pads.when_out = name == "pads" ? WhenOut::kWait : WhenOut::kLocal;
    return std::make_unique<PadBlinder>(weights, pads, ProcessDrbg());
  }

  // Applies every layer to `rows` rows and expects the bits of ApplyPlainly.
  void ExpectLocalBits(OffloadedLinear& linear, size_t rows, bool norm) {
    for (LinearLayer name : AllLinearLayers(model_.config())) {
      const ProtectedLayer& layer = layers_->at(name);
      const LinearTail tail = TailOf(name);
      const size_t columns = OutputColumns(layer.shape, tail);
      const Matrix<float> x = RandomMatrix(rows, layer.shape.n_in, 7);
      const Matrix<float> weight = RandomMatrix(1, layer.shape.n_in, 8);
      Matrix<float> expected = RandomMatrix(rows, columns, 9), y = RandomMatrix(rows, columns, 9);
      AlignedArray<uint8_t> memory =
          MakeAlignedArray<uint8_t>(linear.WorkspaceBytes(rows, pool_.threads()));
      LinearInput input{x.view(), norm ? weight.view().data() : nullptr, 1e-5f, {}};
      ApplyPlainly(*model_.ring(), layer, name, input, tail, expected.view());
      input.workspace = {memory.get(), linear.WorkspaceBytes(rows, pool_.threads())};
      ASSERT_TRUE(linear.Apply(name, input, tail, y.view(), pool_).ok());
      EXPECT_TRUE(SameBits(y, expected)) << LinearLayerName(name) << " rows " << rows;
    }
  }

  ThreadPool pool_{2};
  TinyModel model_;
  std::shared_ptr<const ProtectedLayers> layers_;
  std::vector<InProcessAccelerator*> accelerators_;
};

TEST_P(OffloadedTest, EqualsLocalFixedPointToTheBit) {
  for (size_t rows : {1, 5, 17, 300}) {
    for (size_t exchange_rows : {3, 7, 128}) {
      // A hundred pads a layer take long, and exchanges of a row each.
      const bool slow = exchange_rows == 3 || std::string(GetParam().name) == "relayWithoutRoom";
      if (slow && rows == 300) continue;
      OffloadedOptions options;
      options.exchange_rows = exchange_rows;
      auto linear = Make(options);
      ExpectLocalBits(*linear, rows, rows % 2 == 0);
    }
  }
}

// Protections that ask the channels in every exchange.
class ExchangingTest : public OffloadedTest {};

TEST_P(ExchangingTest, KeepsWithinTheServersWindow) {
  auto linear = Make({});
  for (InProcessAccelerator* accelerator : accelerators_) accelerator->set_max_rows(3);
  ExpectLocalBits(*linear, 10, true);
  // Two blocks of four layers and lm_head, four exchanges of at most three rows each.
  EXPECT_EQ(linear->stats().exchanges, 9u * 4u);
}

TEST_P(OffloadedTest, ZeroRowsAreZeroAndNanRowsAreNan) {
  auto linear = Make({});
  const LinearLayer lm_head{};
  const size_t n_in = layers_->at(lm_head).shape.n_in, n_out = layers_->at(lm_head).shape.n_out;
  Matrix<float> x(2, n_in), y(2, n_out);
  std::fill_n(x.view().row(0), n_in, 0.0f);
  std::fill_n(x.view().row(1), n_in, 1.0f);
  x.view()(1, 3) = std::numeric_limits<float>::infinity();
  AlignedArray<uint8_t> memory = MakeAlignedArray<uint8_t>(linear->WorkspaceBytes(2, 2));
  const LinearInput input{x.view(), nullptr, 0, {memory.get(), linear->WorkspaceBytes(2, 2)}};
  ASSERT_TRUE(linear->Apply(lm_head, input, LinearTail::kStore, y.view(), pool_).ok());
  for (size_t j = 0; j < n_out; ++j) {
    EXPECT_EQ(y.view()(0, j), 0.0f);
    EXPECT_TRUE(std::isnan(y.view()(1, j)));
  }
}

TEST_P(ExchangingTest, AChannelsErrorEndsAllOfThem) {
  auto linear = Make({});
  accelerators_.back()->Fail(absl::UnavailableError("fake: gone"));
  const LinearLayer lm_head{};
  const Matrix<float> x = RandomMatrix(1, layers_->at(lm_head).shape.n_in, 1);
  Matrix<float> y(1, layers_->at(lm_head).shape.n_out);
  AlignedArray<uint8_t> memory = MakeAlignedArray<uint8_t>(linear->WorkspaceBytes(1, 2));
  const LinearInput input{x.view(), nullptr, 0, {memory.get(), linear->WorkspaceBytes(1, 2)}};
  for (int i = 0; i < 2; ++i) {
    const absl::Status status = linear->Apply(lm_head, input, LinearTail::kStore, y.view(), pool_);
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(std::string(status.message()), HasSubstr("fake: gone"));
  }
  for (InProcessAccelerator* accelerator : accelerators_) {
    EXPECT_FALSE(accelerator->failure().ok());
  }
}

std::string NameOf(const ::testing::TestParamInfo<Protection>& info) { return info.param.name; }

constexpr Protection kExchanging[] = {{"plain", 1},   {"pads", 1},    {"relay", 2},
                                      {"shares2", 2}, {"shares3", 3}, {"shares5", 5}};
INSTANTIATE_TEST_SUITE_P(Protections, OffloadedTest, ::testing::ValuesIn(kExchanging), NameOf);
INSTANTIATE_TEST_SUITE_P(RunOut, OffloadedTest,
                         ::testing::Values(Protection{"outOfPads", 1},
                                           Protection{"relayWithoutRoom", 2}),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(Protections, ExchangingTest, ::testing::ValuesIn(kExchanging), NameOf);

}  // namespace
}  // namespace sotto
