#include "trusted/split/exchange_stock.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

constexpr LinearLayer kQkv{LinearKind::kQkv, 0}, kDown{LinearKind::kDown, 0};

TEST(ExchangeStockTest, GivesTheOldestOfALayerThatHasRowsEnough) {
  ExchangeStock stock;
  stock.Put({.layer = kQkv, .rows = 4});
  stock.Put({.layer = kDown, .rows = 9});
  stock.Put({.layer = kQkv, .rows = 8});
  EXPECT_EQ(stock.Take(kQkv, 5)->rows, 8u);
  EXPECT_FALSE(stock.Take(kQkv, 5).has_value());
  EXPECT_EQ(stock.Take(kQkv, 4)->rows, 4u);
  EXPECT_FALSE(stock.Take(kQkv, 1).has_value());
  EXPECT_EQ(stock.Take(kDown, 9)->rows, 9u);
}

TEST(ExchangeStockTest, WantsAsManyOfALayerAsTwoLanesUse) {
  ExchangeStock stock;
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(stock.Wants(kQkv));
    stock.Put({.layer = kQkv, .rows = 1});
  }
  EXPECT_FALSE(stock.Wants(kQkv));
  EXPECT_TRUE(stock.Wants(kDown));
  EXPECT_TRUE(stock.Take(kQkv, 1).has_value());
  EXPECT_TRUE(stock.Wants(kQkv));
}

TEST(ExchangeStockTest, LeavesNothingBehind) {
  ExchangeStock stock;
  stock.Put({.layer = kQkv, .rows = 1});
  stock.Put({.layer = kDown, .rows = 2});
  EXPECT_EQ(stock.TakeAll().size(), 2u);
  EXPECT_TRUE(stock.TakeAll().empty());
  EXPECT_FALSE(stock.Take(kQkv, 1).has_value());
}

}  // namespace
}  // namespace sotto
