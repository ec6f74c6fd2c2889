#include "http/memory_budget.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace sotto {
namespace {

TEST(MemoryBudget, GivesNoMoreThanItHas) {
  std::optional<MemoryBudget> budget(800);  // 700 for large parts, 100 for those of 1.
  EXPECT_EQ(budget->limit(), 700u);
  std::shared_ptr<void> first = budget->Take(420);
  EXPECT_NE(first, nullptr);
  EXPECT_EQ(budget->Take(281), nullptr);
  EXPECT_EQ(budget->Take(SIZE_MAX), nullptr);
  const std::shared_ptr<void> second = budget->Take(280);
  EXPECT_NE(second, nullptr);
  EXPECT_EQ(budget->Take(2), nullptr);
  first.reset();
  EXPECT_EQ(budget->Take(421), nullptr);
  EXPECT_NE(budget->Take(420), nullptr);
  budget.reset();  // What is held may outlive it.
}

TEST(MemoryBudget, HasSomeForSmallParts) {
  const MemoryBudget budget(800);
  const std::shared_ptr<void> large = budget.Take(700);
  std::vector<std::shared_ptr<void>> small;
  for (int i = 0; i < 100; ++i) {
    small.push_back(budget.Take(1));
    EXPECT_NE(small.back(), nullptr);
  }
  EXPECT_EQ(budget.Take(1), nullptr);
  EXPECT_EQ(budget.Take(2), nullptr);
  small.pop_back();
  EXPECT_NE(budget.Take(1), nullptr);
}

}  // namespace
}  // namespace sotto
