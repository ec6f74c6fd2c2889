#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sotto/scoring.h"
#include "testing/small_model.h"

namespace sotto {
namespace {

using testing::HasSubstr;

constexpr int32_t kBos = 260, kSpaceAb = 259;  // small_tokenizers.h.

class ContinuationsTest : public testing::Test {
 protected:
  ContinuationIds Encode(const std::string& context, const std::vector<std::string>& continuations,
                         const EncodeTextOptions& options = {}) {
    const auto ids = EncodeContinuations(model_, context, continuations, options);
    EXPECT_TRUE(ids.ok()) << ids.status();
    return ids.ok() ? *ids : ContinuationIds();
  }
  std::string Refusal(const std::string& context, const std::vector<std::string>& continuations) {
    const absl::Status status = EncodeContinuations(model_, context, continuations).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  }
  TokenIds Ids(const std::string& text) { return *model_.Encode(text, {.bos = BosUse::kNever}); }

  const TempDir dir_;
  const Model model_ = ByteLevelModel(dir_);
};

TEST_F(ContinuationsTest, FollowTheContextInOneEncoding) {
  const ContinuationIds ids = Encode("xy", {" ab", "ab"});
  EXPECT_EQ(ids.context, (TokenIds{kBos, Ids("x")[0], Ids("y")[0]}));
  EXPECT_EQ(ids.continuations[0], TokenIds{kSpaceAb});
  EXPECT_EQ(ids.continuations[1], Ids("ab"));
}

TEST_F(ContinuationsTest, PartsAreEncodedAsOneText) {
  const std::vector<TextPart> parts = {{"<eot>x "}, {"ab<eot>", false}, {"<eot>"}};
  TokenIds want = {261, Ids("x")[0], kSpaceAb};
  const TokenIds plain = *model_.Encode("<eot>", {.bos = BosUse::kNever, .special_tokens = false});
  want.insert(want.end(), plain.begin(), plain.end());
  want.push_back(261);
  EXPECT_EQ(*model_.EncodeParts(parts, {.bos = BosUse::kNever}), want);
  EXPECT_EQ(model_.TokenBytes(kSpaceAb), " ab");
  EXPECT_EQ(model_.TokenBytes(262), std::nullopt);
}

// " " and "ab" alone would be two tokens.
TEST_F(ContinuationsTest, WhiteSpaceMovesFromTheContext) {
  for (const char* space : {" ", "\n ", "\xc2\xa0 ", "\xe3\x80\x80 "}) {
    const ContinuationIds ids = Encode(std::string("xy") + space, {"ab"});
    EXPECT_EQ(ids.context.size(), 3u);
    EXPECT_EQ(ids.continuations[0], Ids(std::string(space) + "ab"));
  }
  // Not white space: a byte order mark.
  EXPECT_EQ(Encode("xy\xef\xbb\xbf", {"ab"}).context.size(), 6u);
}

// Where the boundary falls into a token, the continuation is what lies beyond as many tokens as the
// context has: lm-evaluation-harness's whole_enc[len(context_enc):].
TEST_F(ContinuationsTest, ATokenAcrossTheBoundary) {
  const ContinuationIds ids = Encode("xa", {"bxy"});  // x, ab, x, y; the context is x, a.
  EXPECT_EQ(ids.context, (TokenIds{kBos, Ids("x")[0], Ids("a")[0]}));
  EXPECT_EQ(ids.continuations[0], Ids("xy"));
}

TEST_F(ContinuationsTest, AnEmptyContextIsBos) {
  for (const BosUse bos : {BosUse::kAuto, BosUse::kAlways, BosUse::kNever}) {
    for (const char* context : {"", " "}) {
      const ContinuationIds ids = Encode(context, {"ab"}, {.bos = bos});
      EXPECT_EQ(ids.context, TokenIds{kBos});
      EXPECT_EQ(ids.continuations[0], Ids(std::string(context) + "ab"));
    }
  }
}

// As embedding models and rerankers have it: a token behind every text, which nothing may follow.
TEST_F(ContinuationsTest, WhatATemplatePutsBehindATextIsLeftOut) {
  nlohmann::json tokenizer = ByteLevelJson();
  nlohmann::json& form = tokenizer["post_processor"];
  form["single"].push_back({{"SpecialToken", {{"id", "<eot>"}, {"type_id", 0}}}});
  form["special_tokens"]["<eot>"] = {{"id", "<eot>"}, {"ids", {261}}, {"tokens", {"<eot>"}}};
  const TempDir dir;
  const Model model = SmallModel(dir, 262, tokenizer.dump());
  ASSERT_EQ(*model.Encode("x"), (TokenIds{kBos, Ids("x")[0], 261}));
  EXPECT_EQ(*model.Encode("x", {.goes_on = true}), (TokenIds{kBos, Ids("x")[0]}));
  const std::vector<std::string> texts = {"x", "ab"};
  for (const auto encode : {EncodeContinuations, EncodeLabels}) {
    const auto ids = encode(model, "xy", texts, {});
    ASSERT_TRUE(ids.ok()) << ids.status();
    EXPECT_EQ(ids->context, (TokenIds{kBos, Ids("x")[0], Ids("y")[0]}));
    EXPECT_EQ(ids->continuations, (std::vector<TokenIds>{Ids("x"), Ids("ab")}));
  }
}

// As every chat template ends: what is read is the label, not the line feed.
TEST_F(ContinuationsTest, LabelsFollowThePromptAsItIs) {
  for (const char* prompt : {"xy\n", "xy<eot>\n\n", "xy", "xy "}) {
    const auto ids = EncodeLabels(model_, prompt, std::vector<std::string>{"x", "y"});
    ASSERT_TRUE(ids.ok()) << ids.status();
    EXPECT_EQ(ids->context, *model_.Encode(prompt));
    EXPECT_EQ(ids->continuations, (std::vector<TokenIds>{Ids("x"), Ids("y")}));
  }
}

// " " and "ab" are one token, so that the prompt's own last one would be gone: both labels get it.
TEST_F(ContinuationsTest, WhiteSpaceMovesToLabelsThatMergeWithIt) {
  const std::vector<std::string> labels = {"x", "ab"};
  const auto ids = EncodeLabels(model_, "xy ", labels);
  ASSERT_TRUE(ids.ok()) << ids.status();
  EXPECT_EQ(ids->context, *model_.Encode("xy"));
  EXPECT_EQ(ids->continuations, (std::vector<TokenIds>{Ids(" x"), {kSpaceAb}}));
}

TEST_F(ContinuationsTest, LabelsBehindNothingFollowBos) {
  const auto ids =
      EncodeLabels(model_, "", std::vector<std::string>{"ab"}, {.bos = BosUse::kNever});
  ASSERT_TRUE(ids.ok()) << ids.status();
  EXPECT_EQ(ids->context, TokenIds{kBos});
  EXPECT_EQ(ids->continuations[0], Ids("ab"));
  EXPECT_TRUE(absl::IsInvalidArgument(
      EncodeLabels(model_, "x", std::vector<std::string>{"ab", ""}).status()));
}

TEST_F(ContinuationsTest, WithoutATokenOrNotUtf8AreRefused) {
  EXPECT_EQ(Refusal("x", {"ab", ""}), "continuation 1: has no token of its own: it is empty");
  const std::string merges =
      "0: has no token of its own: its text merges into the last token of what stands before it";
  EXPECT_EQ(Refusal("xa", {"b"}), "continuation " + merges);
  EXPECT_EQ(EncodeLabels(model_, "xa", std::vector<std::string>{"b"}).status(),
            absl::InvalidArgumentError("label " + merges));
  EXPECT_EQ(EncodeLabels(model_, "x\n", std::vector<std::string>{"ab", ""}).status(),
            absl::InvalidArgumentError("label 1: has no token of its own: it is empty"));
  EXPECT_THAT(Refusal("x", {"ab", "\xff"}), HasSubstr("continuation 1: "));
  EXPECT_THAT(Refusal("\xff", {"ab"}), HasSubstr("UTF-8"));
}

}  // namespace
}  // namespace sotto
