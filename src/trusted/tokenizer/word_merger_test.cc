#include "trusted/tokenizer/word_merger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <utility>
#include <vector>

namespace sotto {
namespace {

using Ids = std::vector<int32_t>;
using Rules = std::map<std::pair<int32_t, int32_t>, Merge>;

const BarredTokens kNothingBarred;

MergeTable Table(const Rules& rules) {
  MergeTable table(rules.size());
  for (const auto& [pair, merge] : rules) table.Set(pair.first, pair.second, merge);
  return table;
}

// The definition: look at all pairs, join the leftmost of lowest rank, begin again.
Ids MergeByDefinition(const Rules& rules, Ids ids) {
  for (;;) {
    const Merge* best = nullptr;
    size_t at = 0;
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      const auto rule = rules.find({ids[i], ids[i + 1]});
      if (rule == rules.end() || (best != nullptr && rule->second.rank >= best->rank)) continue;
      best = &rule->second;
      at = i;
    }
    if (best == nullptr) return ids;
    ids[at] = best->result;
    ids.erase(ids.begin() + at + 1);
  }
}

Ids MergeWith(WordMerger& merger, const Ids& word) {
  for (const int32_t id : word) merger.Push(id);
  Ids ids;
  merger.Finish(ids);
  return ids;
}

TEST(WordMergerTest, EmptyAndSingle) {
  const MergeTable table = Table({{{1, 1}, {0, 2}}});
  WordMerger merger(table, kNothingBarred);
  EXPECT_EQ(MergeWith(merger, {}), Ids{});
  EXPECT_EQ(MergeWith(merger, {1}), Ids{1});
}

TEST(WordMergerTest, LeftmostOfEqualRanksFirst) {
  const MergeTable table = Table({{{1, 1}, {0, 2}}});
  WordMerger merger(table, kNothingBarred);
  EXPECT_EQ(MergeWith(merger, {1, 1, 1}), (Ids{2, 1}));
  EXPECT_EQ(MergeWith(merger, {1, 1, 1, 1, 1}), (Ids{2, 2, 1}));
}

TEST(WordMergerTest, LowerRankFirst) {
  const MergeTable table = Table({{{1, 2}, {1, 4}}, {{2, 3}, {0, 5}}});
  WordMerger merger(table, kNothingBarred);
  EXPECT_EQ(MergeWith(merger, {1, 2, 3}), (Ids{1, 5}));
}

TEST(WordMergerTest, NoPairJoinsIntoWhatIsBarred) {
  const MergeTable table = Table({{{1, 2}, {0, 4}}, {{2, 3}, {1, 5}}});
  const BarredTokens barred{.by_id = {false, false, false, false, true}};
  WordMerger merger(table, barred);
  EXPECT_EQ(MergeWith(merger, {1, 2, 3, 1, 2}), (Ids{1, 5, 1, 2}));
}

// Random rules where every join makes a token of its own: then the queue's notion of a stale
// candidate and the definition cannot differ.
TEST(WordMergerTest, AgreesWithTheDefinition) {
  std::mt19937 random(20240611);
  const auto below = [&](int n) { return static_cast<int32_t>(random() % n); };
  for (int round = 0; round < 2000; ++round) {
    Rules rules;
    const int alphabet = 2 + below(4);
    int32_t tokens = alphabet;
    std::vector<uint32_t> ranks(12);
    for (size_t i = 0; i < ranks.size(); ++i) ranks[i] = i;
    std::shuffle(ranks.begin(), ranks.end(), random);
    for (const uint32_t rank : ranks) {
      const std::pair pair(below(tokens), below(tokens));
      if (rules.emplace(pair, Merge{rank, tokens}).second) ++tokens;
    }
    const MergeTable table = Table(rules);
    WordMerger merger(table, kNothingBarred);
    Ids word(below(40));
    for (int32_t& id : word) id = below(alphabet);
    ASSERT_EQ(MergeWith(merger, word), MergeByDefinition(rules, word)) << "round " << round;
  }
}

TEST(MergeTableTest, LaterValueReplacesEarlier) {
  MergeTable table(4);
  table.Set(1, 2, {7, 9});
  table.Set(1, 2, {8, 10});
  EXPECT_EQ(table.size(), 1);
  ASSERT_NE(table.Find(1, 2), nullptr);
  EXPECT_EQ(table.Find(1, 2)->result, 10);
  EXPECT_EQ(table.Find(2, 1), nullptr);
}

}  // namespace
}  // namespace sotto
