#include "cli/score_shard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "base/strings.h"
#include "cli/command.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

TEST(Shard, EveryLineHasOneOwner) {
  for (const size_t count : {1, 2, 3, 7}) {
    for (size_t index = 0; index < 200; ++index) {
      size_t owners = 0;
      for (size_t number = 0; number < count; ++number) {
        owners += Shard{.number = number, .count = count}.Has(index);
      }
      EXPECT_EQ(owners, 1u);
    }
  }
}

TEST(Shard, IsWrittenIOfN) {
  EXPECT_EQ(ParseShard("1/1")->count, 1u);
  EXPECT_EQ(ParseShard("3/4")->number, 2u);
  for (const char* text : {"", "/", "0/2", "3/2", "1", "-1/2", "1/2/3", "1/10001", "1 /2"}) {
    EXPECT_TRUE(IsUsageError(ParseShard(text).status())) << text;
  }
}

class JoinTest : public testing::Test {
 protected:
  static constexpr size_t kLines = 37, kCount = 3;

  static std::string Line(size_t index) { return StrCat("{\"index\":", index, "}\n"); }
  // A share's lines up to `lines`, and its end.
  std::string Share(size_t number, const ShardEnd& end) const {
    std::string text;
    for (size_t i = 0; i < kLines; ++i) {
      if (Shard{.number = number, .count = kCount}.Has(i)) text += Line(i);
    }
    return text + ShardEndLine(end);
  }
  void WriteShares() const {
    for (size_t i = 0; i < kCount; ++i) Write(i, Share(i, kEnd));
  }
  void Write(size_t number, const std::string& text) const {
    dir_.Write(StrCat("out.shard-", number + 1, "-of-", kCount), text);
  }
  absl::StatusOr<Joined> Join(const JoinedLines& lines = {}) const {
    return JoinShards(dir_.File("out"), kCount, lines);
  }

  const ShardEnd kEnd = {
      .lines = kLines, .check = "abc", .texts = 2, .bytes = 9, .every_token = true};
  const TempDir dir_;
};

TEST_F(JoinTest, GivesTheLinesInOrder) {
  WriteShares();
  size_t seen = 0;
  const auto joined = Join({.add =
                                [&](const nlohmann::ordered_json& line) {
                                  EXPECT_EQ(line["index"], seen++);
                                  return absl::OkStatus();
                                },
                            .last_line =
                                [&](const ShardEnd& end) {
                                  EXPECT_EQ(end, kEnd);
                                  return std::string("end\n");
                                }});
  ASSERT_TRUE(joined.ok()) << joined.status();
  EXPECT_EQ(*joined, Joined::kAll);
  std::string want;
  for (size_t i = 0; i < kLines; ++i) want += Line(i);
  EXPECT_EQ(dir_.Read("out"), want + "end\n");
  EXPECT_EQ(seen, kLines);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir_.path()), {}), 1);
  EXPECT_EQ(*Join(), Joined::kNotYet);  // By another process meanwhile.
}

TEST_F(JoinTest, WaitsForSharesThatAreNotComplete) {
  WriteShares();
  const std::string whole = Share(1, kEnd);
  for (const size_t size : {whole.size() - 1, whole.size() - 5, size_t{20}, size_t{0}}) {
    Write(1, whole.substr(0, size));
    EXPECT_EQ(*Join(), Joined::kNotYet) << size;
  }
  std::filesystem::remove(dir_.File("out.shard-2-of-3"));
  EXPECT_EQ(*Join(), Joined::kNotYet);
  EXPECT_FALSE(std::filesystem::exists(dir_.File("out")));
}

TEST_F(JoinTest, RefusesSharesOfDifferentWork) {
  WriteShares();
  for (const ShardEnd& other :
       {ShardEnd{.lines = kLines, .check = "abd", .texts = 2, .bytes = 9},
        ShardEnd{.lines = kLines - 1, .check = "abc", .texts = 2, .bytes = 9},
        ShardEnd{.lines = kLines, .check = "abc", .texts = 2, .bytes = 9},
        ShardEnd{.lines = kLines, .check = "abc", .texts = 2, .bytes = {}, .every_token = true}}) {
    Write(2, Share(2, other));
    EXPECT_EQ(*Join(), Joined::kDiffers);
  }
}

TEST_F(JoinTest, ALineThatIsMissingIsDataLoss) {
  WriteShares();
  std::string share = Share(1, kEnd);
  share.erase(0, Line(8).size());
  Write(1, share);
  EXPECT_TRUE(absl::IsDataLoss(Join().status()));
  EXPECT_FALSE(std::filesystem::exists(dir_.File("out")));
}

}  // namespace
}  // namespace sotto
