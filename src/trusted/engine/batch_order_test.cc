#include "trusted/engine/batch_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "testing/local_prefill.h"
#include "testing/small_config.h"
#include "trusted/engine/cost_model.h"

namespace sotto {
namespace {

using testing::ElementsAre;

// `shared` ids that all prompts of a family have, then `own` ids of this prompt's.
Prompt Member(int family, size_t shared, int number, size_t own) {
  Prompt ids(shared, family);
  ids.insert(ids.end(), own, 20 + number);
  return ids;
}

std::vector<BatchMembers> Order(const std::vector<Prompt>& prompts, size_t batch_size,
                                bool pad_compute = false) {
  return OrderBatches(SmallConfig(), {.batch_size = batch_size, .prefill_length = 500},
                      {.pad_compute = pad_compute}, prompts);
}

TEST(BatchOrderTest, PromptsThatShareAPrefixMeetInOneBatch) {
  std::vector<Prompt> prompts;
  for (int number = 0; number < 2; ++number) {
    for (int family = 9; family > 6; --family) {
      prompts.push_back(Member(family, 100, number, 5));
    }
  }
  EXPECT_THAT(Order(prompts, 2),
              ElementsAre(ElementsAre(0, 3), ElementsAre(1, 4), ElementsAre(2, 5)));
  // Fixed shapes are computed whatever the prompts: nothing to gain, and nothing may show.
  EXPECT_THAT(Order(prompts, 2, true),
              ElementsAre(ElementsAre(0, 1), ElementsAre(2, 3), ElementsAre(4, 5)));
}

TEST(BatchOrderTest, PromptsOfDifferentOwnersDoNotMeetForTheirPrefix) {
  const std::vector<Prompt> prompts = {Member(1, 100, 0, 5), Member(2, 100, 0, 5),
                                       Member(1, 100, 1, 5), Member(2, 100, 1, 5)};
  const auto order = [&](const std::vector<size_t>& owners) {
    return OrderBatches(SmallConfig(), {.batch_size = 2, .prefill_length = 500}, {.owners = owners},
                        prompts);
  };
  EXPECT_THAT(order({4, 4, 4, 4}), ElementsAre(ElementsAre(0, 2), ElementsAre(1, 3)));
  EXPECT_THAT(order({4, 4, 5, 5}), ElementsAre(ElementsAre(0, 1), ElementsAre(2, 3)));
}

TEST(BatchOrderTest, ShorterPrefixesMoveNothing) {
  const std::vector<Prompt> prompts = {Member(1, 63, 0, 5), Member(2, 63, 0, 5),
                                       Member(1, 63, 1, 5), Member(2, 63, 1, 5)};
  EXPECT_THAT(Order(prompts, 2), ElementsAre(ElementsAre(0, 1), ElementsAre(2, 3)));
}

// Two of three share 64 positions, all three 128 with a fourth: the longer prefix is taken.
TEST(BatchOrderTest, TheLongestPrefixComesFirst) {
  const std::vector<Prompt> prompts = {Member(1, 64, 1, 100), Member(1, 64, 2, 100),
                                       Member(1, 64, 1, 90)};
  EXPECT_THAT(Order(prompts, 2), ElementsAre(ElementsAre(0, 2), ElementsAre(1)));
}

TEST(BatchOrderTest, TheDearestBatchComesFirst) {
  const std::vector<Prompt> prompts = {Prompt(4, 1), Prompt(50, 2), Prompt(20, 3), Prompt(50, 4)};
  EXPECT_THAT(Order(prompts, 1),
              ElementsAre(ElementsAre(1), ElementsAre(3), ElementsAre(2), ElementsAre(0)));
  EXPECT_THAT(Order({Prompt(9, 1), Prompt(9, 2), Prompt(9, 3)}, 2),
              ElementsAre(ElementsAre(0, 1), ElementsAre(2)));
}

// Other ids with the same equalities among them: the same batches.
TEST(BatchOrderTest, ValuesOfIdsDoNotMatter) {
  std::vector<Prompt> prompts, renamed;
  std::mt19937 rng(3);
  for (int i = 0; i < 60; ++i) {
    const int family = static_cast<int>(rng() % 7);
    const size_t shared = 60 + 20 * static_cast<size_t>(family);
    prompts.push_back(Member(family, shared, i, 1 + rng() % 30));
    renamed.push_back(prompts.back());
    for (int32_t& id : renamed.back()) id = 999 - id;
  }
  EXPECT_EQ(Order(prompts, 8), Order(renamed, 8));
}

TEST(BatchOrderTest, EveryPromptRunsOnceAndNoBatchIsTooLarge) {
  std::mt19937 rng(5);
  for (size_t batch_size = 1; batch_size < 12; batch_size += 3) {
    std::vector<Prompt> prompts;
    prompts.reserve(50);
    for (int i = 0; i < 50; ++i) {
      prompts.push_back(Member(static_cast<int>(rng() % 4), rng() % 200, i % 9, 1 + rng() % 9));
    }
    std::vector<int> seen(prompts.size());
    const auto batches = Order(prompts, batch_size);
    EXPECT_EQ(batches.size(), (prompts.size() + batch_size - 1) / batch_size);
    for (const BatchMembers& batch : batches) {
      EXPECT_LE(batch.size(), batch_size);
      for (const size_t member : batch) ++seen[member];
    }
    EXPECT_THAT(seen, testing::Each(1));
  }
}

}  // namespace
}  // namespace sotto
