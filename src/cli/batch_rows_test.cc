#include "cli/batch_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "testing/small_model.h"

namespace sotto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Prompt TextPrompt(std::string text) { return {.text = std::move(text), .source = "F: line 7"}; }
Prompt IdPrompt(std::vector<int32_t> ids) { return {.ids = std::move(ids), .source = "F: line 7"}; }

class BatchRowsTest : public testing::Test {
 protected:
  BatchRows Rows(const std::vector<Prompt>& prompts, const BatchRowsOptions& options) {
    absl::StatusOr<BatchRows> rows = MakeBatchRows(prompts, model_, options);
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() ? *std::move(rows) : BatchRows();
  }

  static absl::Status Refusal(const Prompt& prompt, const Model& model) {
    return MakeBatchRows({&prompt, 1}, model, {}).status();
  }

  const TempDir dir_, other_dir_;
  const Model model_ = ByteLevelModel(dir_);
};

TEST_F(BatchRowsTest, TextGetsBosAndIdsStayAsTheyAre) {
  const BatchRows rows = Rows({TextPrompt("ab"), IdPrompt({5, 0, 261})}, {.batch_size = 2});
  EXPECT_THAT(rows.ids, ElementsAre(ElementsAre(260, 256), ElementsAre(5, 0, 261)));
  EXPECT_EQ(rows.prompt_count, 2u);
  EXPECT_THAT(rows.truncated, IsEmpty());
  EXPECT_THAT(rows.doubled_bos, IsEmpty());
}

TEST_F(BatchRowsTest, FewerPromptsThanOneBatchAreRepeatedInOrder) {
  const BatchRows rows = Rows({IdPrompt({1}), IdPrompt({2, 2})}, {.batch_size = 5});
  EXPECT_THAT(rows.ids, ElementsAre(ElementsAre(1), ElementsAre(2, 2), ElementsAre(1),
                                    ElementsAre(2, 2), ElementsAre(1)));
  EXPECT_EQ(rows.prompt_count, 2u);
  EXPECT_EQ(rows.longest(), 2u);
  EXPECT_EQ(rows.real_tokens(), 7u);
}

TEST_F(BatchRowsTest, MorePromptsThanOneBatchAreAllThereOnce) {
  const BatchRows rows = Rows({IdPrompt({1}), IdPrompt({2}), IdPrompt({3})}, {.batch_size = 2});
  EXPECT_THAT(rows.ids, ElementsAre(ElementsAre(1), ElementsAre(2), ElementsAre(3)));
}

TEST_F(BatchRowsTest, WholeBatchesDoNotTellTheNumberOfPrompts) {
  for (size_t count : {9, 12, 16}) {
    const std::vector<Prompt> prompts(count, IdPrompt({1}));
    const BatchRowsOptions options{.batch_size = 8, .whole_batches = true};
    EXPECT_EQ(Rows(prompts, options).ids.size(), 16u);
  }
  const BatchRows rows =
      Rows({IdPrompt({1}), IdPrompt({2}), IdPrompt({3})}, {.batch_size = 2, .whole_batches = true});
  EXPECT_THAT(rows.ids,
              ElementsAre(ElementsAre(1), ElementsAre(2), ElementsAre(3), ElementsAre(1)));
  EXPECT_EQ(rows.prompt_count, 3u);
}

TEST_F(BatchRowsTest, LongPromptsKeepTheirBeginningAndAreCountedOnce) {
  const BatchRows rows = Rows({IdPrompt({1, 2, 3, 4}), IdPrompt({5, 6, 7}), TextPrompt("xyz")},
                              {.prefill_length = 3, .batch_size = 4});
  EXPECT_THAT(rows.ids[0], ElementsAre(1, 2, 3));
  EXPECT_THAT(rows.ids[1], ElementsAre(5, 6, 7));
  EXPECT_THAT(rows.ids[2], ElementsAre(260, testing::_, testing::_));
  EXPECT_THAT(rows.truncated,
              ElementsAre(0, 2));  // The repeated first prompt does not count again.
}

TEST_F(BatchRowsTest, CutOnTheLeftTextKeepsItsBos) {
  const BatchRows rows = Rows({IdPrompt({1, 2, 3, 4}), TextPrompt("xyz"), TextPrompt("ab")},
                              {.prefill_length = 3, .truncation = Truncation::kLeft});
  EXPECT_THAT(rows.ids[0], ElementsAre(2, 3, 4));
  EXPECT_THAT(rows.ids[1], ElementsAre(260, 'y', 'z'));
  EXPECT_THAT(rows.ids[2], ElementsAre(260, 256));
  EXPECT_THAT(rows.truncated, ElementsAre(0, 1));
  const BatchRowsOptions one = {.prefill_length = 1, .truncation = Truncation::kLeft};
  EXPECT_THAT(Rows({TextPrompt("xyz")}, one).ids[0], ElementsAre(260));
  EXPECT_THAT(Rows({IdPrompt({1, 2})}, one).ids[0], ElementsAre(2));
}

TEST_F(BatchRowsTest, WhereCuttingIsAnErrorTheFirstPromptIsNamed) {
  const Prompt prompts[] = {IdPrompt({1, 2}), IdPrompt({1, 2, 3})};
  const BatchRowsOptions options = {.prefill_length = 2, .truncation = Truncation::kError};
  EXPECT_TRUE(MakeBatchRows({prompts, 1}, model_, options).ok());
  EXPECT_EQ(MakeBatchRows(prompts, model_, options).status(),
            absl::InvalidArgumentError(
                "F: line 7: has more than 2 tokens; raise --prefill-length, or choose another "
                "--truncate than error"));
}

TEST_F(BatchRowsTest, ABosThatIsThereAlreadyIsNoticed) {
  const BatchRows rows = Rows({TextPrompt("<bos>ab"), TextPrompt("ab<bos>"), IdPrompt({260, 260}),
                               TextPrompt("<bos>"), TextPrompt("")},
                              {});
  EXPECT_THAT(rows.ids[0], ElementsAre(260, 260, 256));
  EXPECT_THAT(rows.doubled_bos, ElementsAre(0, 3));
}

TEST_F(BatchRowsTest, IdsAreCheckedAgainstTheModelNotTheTokenizer) {
  const Prompt prompts[] = {IdPrompt({261, 262})};
  const Model larger = SmallModel(other_dir_, 263, ByteLevelJson().dump());
  EXPECT_TRUE(MakeBatchRows(prompts, larger, {}).ok());
  const absl::Status status = MakeBatchRows(prompts, model_, {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "F: line 7: the id at position 1 is beyond the model's vocabulary of 262");
}

TEST_F(BatchRowsTest, ATokenizerWithMoreTokensThanTheModelIsNamed) {
  const Prompt prompts[] = {TextPrompt("ab<eot>")};
  const Model smaller = SmallModel(other_dir_, 261, ByteLevelJson().dump());
  EXPECT_EQ(MakeBatchRows(prompts, smaller, {}).status().message(),
            "F: line 7: the id at position 2 is beyond the model's vocabulary of 261: "
            "tokenizer.json has more tokens than vocab_size of config.json");
}

// Also beyond prefill_length: what would be cut off is no excuse for a wrong id.
TEST_F(BatchRowsTest, NegativeIdsAreRefusedWhereverTheyStand) {
  const Prompt prompts[] = {IdPrompt({1, 2, -1})};
  const absl::Status status = MakeBatchRows(prompts, model_, {.prefill_length = 2}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("position 2"));
}

TEST_F(BatchRowsTest, TextNeedsATokenizer) {
  const absl::Status status = Refusal(TextPrompt("secret"), SmallModel(other_dir_, 50, ""));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "F: line 7: the model has no tokenizer.json, which text needs");
}

TEST_F(BatchRowsTest, TextThatIsNotUtf8NamesPlaceAndOffsetOnly) {
  const absl::Status status = Refusal(TextPrompt("secret\xff"), model_);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const std::string message(status.message());
  EXPECT_THAT(message, testing::StartsWith("F: line 7: "));
  EXPECT_THAT(message, HasSubstr("6"));
  EXPECT_THAT(message, Not(HasSubstr("secret")));
}

// A tokenizer without a template adds no BOS: an empty text is then nothing to compute.
TEST_F(BatchRowsTest, APromptOfNoTokenIsRefused) {
  nlohmann::json without_bos = ByteLevelJson();
  without_bos["post_processor"] = nullptr;
  const Model model = SmallModel(other_dir_, 262, without_bos.dump());
  const absl::Status status = Refusal(TextPrompt(""), model);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "F: line 7: has no tokens");
}

TEST(BatchRowsSums, OfNothingAreZero) {
  EXPECT_EQ(BatchRows().longest(), 0u);
  EXPECT_EQ(BatchRows().real_tokens(), 0u);
}

}  // namespace
}  // namespace sotto
