#include "http/memory_budget.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>

namespace sotto {
namespace {

TEST(MemoryBudget, GivesNoMoreThanItHas) {
  std::optional<MemoryBudget> budget(100);
  std::shared_ptr<void> first = budget->Take(60);
  EXPECT_NE(first, nullptr);
  EXPECT_EQ(budget->Take(41), nullptr);
  EXPECT_EQ(budget->Take(SIZE_MAX), nullptr);
  const std::shared_ptr<void> second = budget->Take(40);
  EXPECT_NE(second, nullptr);
  EXPECT_EQ(budget->Take(1), nullptr);
  first.reset();
  EXPECT_EQ(budget->Take(61), nullptr);
  EXPECT_NE(budget->Take(60), nullptr);
  budget.reset();  // What is held may outlive it.
}

}  // namespace
}  // namespace sotto
