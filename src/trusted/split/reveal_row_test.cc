// What floating point sees of a row: the product when it is the true one, else zeros.
#include "trusted/split/reveal_row.h"

#include <gtest/gtest.h>

#include "testing/ring_model.h"
#include "testing/small_config.h"
#include "trusted/split/unprotected.h"

namespace sotto {
namespace {

class RevealRowTest : public ::testing::TestWithParam<LinearTail> {
 protected:
  static constexpr LinearLayer kGateUp{LinearKind::kGateUp, 0};

  RevealRowTest()
      : model_(TinyConfig(), 1),
        layers_(model_.Protect(ProcessDrbg(), pool_)),
        layer_(layers_.at(kGateUp)),
        x_(1, layer_.shape.n_in),
        answer_(1, layer_.shape.n_out) {
    for (size_t i = 0; i < layer_.shape.n_in; ++i) {
      x_.view()(0, i) = static_cast<uint32_t>(static_cast<int32_t>(i * 37) - 200);
    }
    model_.ring()->Multiply(kGateUp, x_.view(), answer_.view());
  }

  uint64_t expected_sum() {
    return layer_.key.ExpectedSum(
        {reinterpret_cast<const int32_t*>(x_.view().data()), layer_.shape.n_in});
  }

  uint64_t Reveal(std::optional<uint64_t> sum, std::vector<float>& y) {
    UnprotectedRows blinder(model_.config());
    const auto blinding = *blinder.Begin(kGateUp, 1);
    const uint32_t* const answers[] = {answer_.view().data()};
    std::vector<float> scratch(RevealScratchFloats(layer_.shape));
    return RevealRow(layer_, *blinding, {0, answers, sum, 1e-3f, GetParam(), y.data()}, scratch);
  }

  ThreadPool pool_{1};
  TinyModel model_;
  ProtectedLayers layers_;
  const ProtectedLayer& layer_;
  Matrix<uint32_t> x_, answer_;
};

TEST_P(RevealRowTest, ATrueRowIsWhatItIsWithoutVerification) {
  std::vector<float> verified(layer_.shape.n_out, 1.0f), unverified(layer_.shape.n_out, 1.0f);
  EXPECT_EQ(Reveal(expected_sum(), verified), ~uint64_t{0});
  EXPECT_EQ(Reveal(std::nullopt, unverified), ~uint64_t{0});
  EXPECT_EQ(verified, unverified);
  EXPECT_NE(verified, std::vector<float>(layer_.shape.n_out, 1.0f));
}

// A lie of any size leaves the output that a product of zeros has: no number of it got there.
TEST_P(RevealRowTest, OfALieNothingReachesFloatingPoint) {
  std::vector<float> lie(layer_.shape.n_out, 1.0f), zeros(layer_.shape.n_out, 1.0f);
  const uint64_t sum = expected_sum();
  for (const uint32_t change : {1u, 1u << 31}) {
    answer_.view()(0, 5) ^= change;
    EXPECT_EQ(Reveal(sum, lie), 0u);
  }
  std::fill_n(answer_.view().data(), answer_.view().size(), 0u);
  EXPECT_EQ(Reveal(std::nullopt, zeros), ~uint64_t{0});
  if (GetParam() == LinearTail::kAdd) {
    // Added twice; the layer has no bias.
    EXPECT_EQ(lie, std::vector<float>(layer_.shape.n_out, 1.0f));
  }
  EXPECT_EQ(lie, zeros);
}

INSTANTIATE_TEST_SUITE_P(Tails, RevealRowTest,
                         ::testing::Values(LinearTail::kStore, LinearTail::kAdd,
                                           LinearTail::kSwiGlu));

}  // namespace
}  // namespace sotto
