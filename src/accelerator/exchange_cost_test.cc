#include "accelerator/exchange_cost.h"

#include <gtest/gtest.h>

#include "testing/small_config.h"

namespace sotto {
namespace {

uint64_t Cost(RequestHeader request, uint64_t payload_bytes) {
  request.payload_bytes = payload_bytes;
  const absl::StatusOr<ExchangeSizes> sizes =
      CheckRequest(request, ShapeOfModel(SmallConfig()), 1 << 30);
  EXPECT_TRUE(sizes.ok()) << sizes.status();
  return sizes.ok() ? CostOf(request, *sizes) : 0;
}

// Products of 1 x 1 x 1.
uint64_t CostOfProducts(uint32_t batch) {
  return Cost({.operation = Operation::kMatMul,
               .format = NumberFormat::kF32,
               .rows = batch,
               .mat_mul = {.batch = batch, .m = 1, .n = 1, .k = 1}},
              uint64_t{batch} * 2 * sizeof(float));
}

TEST(ExchangeCostTest, CountsMultiplyAdds) {
  // The first layer of SmallConfig is 8 in, 16 out.
  EXPECT_EQ(Cost({.format = NumberFormat::kRing32, .layer = 0, .rows = 3}, 3 * 8 * 4), 3u * 8 * 16);
  EXPECT_EQ(Cost({.operation = Operation::kEmbedding, .format = NumberFormat::kTokenIds, .rows = 5},
                 5 * 4),
            5u * 8);
}

// Many tiny products hold the device for as long as a large one: charged as such, they wait.
TEST(ExchangeCostTest, EachProductOfABatchCosts) {
  EXPECT_EQ(CostOfProducts(1), kCostPerProduct + 1);
  EXPECT_EQ(CostOfProducts(kMaxProducts), kMaxProducts * (kCostPerProduct + 1));
  // As much as 30 rows of the largest layer of a Llama of a billion parameters.
  EXPECT_GT(CostOfProducts(kMaxProducts), uint64_t{30} * 2048 * 16384);
}

}  // namespace
}  // namespace sotto
