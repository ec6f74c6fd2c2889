#include "trusted/service/token_strings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "testing/small_model.h"
#include "trusted/service/rerank_template.h"

namespace sotto {
namespace {

using testing::ElementsAre;

constexpr int32_t kBosId = 260, kEotId = 261, kSpaceAbId = 259;  // small_tokenizers.h.

class TokenStringsTest : public testing::Test {
 protected:
  TokenIds Ids(const std::string& text) { return *model_.Encode(text, {.bos = BosUse::kNever}); }

  const TempDir dir_;
  const Model model_ = ByteLevelModel(dir_);
};

TEST_F(TokenStringsTest, FragmentsAreBytes) {
  const TokenIds euro = Ids("€");
  ASSERT_EQ(euro.size(), 3u);
  EXPECT_EQ(TokenName(model_, kSpaceAbId, TokenNames::kTexts), " ab");
  EXPECT_EQ(TokenName(model_, euro[0], TokenNames::kTexts), "bytes:\\xe2");
  EXPECT_EQ(TokenName(model_, kEotId, TokenNames::kTexts), "<eot>");
  EXPECT_EQ(TokenName(model_, kSpaceAbId, TokenNames::kIds), "token_id:259");
  EXPECT_EQ(TokenName(model_, 5000, TokenNames::kTexts), "token_id:5000");
}

// Offsets count characters: the euro sign is one, in three tokens.
TEST_F(TokenStringsTest, OffsetsAreInCharacters) {
  TokenIds ids = {kBosId};
  for (const int32_t id : Ids("x€ ab")) ids.push_back(id);
  const TokenizedText hidden = TextOf(model_, ids, 1);
  EXPECT_EQ(hidden.text, "x€ ab");
  EXPECT_THAT(hidden.offsets, ElementsAre(0, 0, 1, 1, 1, 2));
  const TokenizedText shown = TextOf(model_, ids, 0);
  EXPECT_EQ(shown.text, "<bos>x€ ab");
  EXPECT_THAT(shown.offsets, ElementsAre(0, 5, 6, 6, 6, 7));
}

// What is left of a euro sign is one U+FFFD, of the tokens that spell it: what follows begins
// behind.
TEST_F(TokenStringsTest, OffsetsBehindAnIncompleteCharacter) {
  const TokenIds euro = Ids("€");
  const int32_t x = Ids("x")[0];
  const auto offsets = [&](const TokenIds& ids) { return TextOf(model_, ids, 0).offsets; };
  EXPECT_EQ(TextOf(model_, TokenIds{euro[0], x}, 0).text, "\xef\xbf\xbdx");
  EXPECT_THAT(offsets({x, euro[0], x}), ElementsAre(0, 1, 2));
  EXPECT_THAT(offsets({x, euro[0], euro[1], x, x}), ElementsAre(0, 1, 1, 2, 3));
  EXPECT_THAT(offsets({euro[0], euro[0], euro[0]}), ElementsAre(0, 1, 2));
  EXPECT_THAT(offsets({x, euro[0]}), ElementsAre(0, 1));
  EXPECT_THAT(offsets({euro[0], kSpaceAbId}), ElementsAre(0, 1));
  TokenIds replacement = Ids("\xef\xbf\xbd");  // The character itself.
  replacement.push_back(x);
  EXPECT_EQ(offsets(replacement).back(), 1u);
}

TEST_F(TokenStringsTest, WhatIsPutIntoATemplateStaysText) {
  const auto form = RerankTemplate::Parse("<bos>{query}<eot>{document}{instruction}!", {"a", "b"});
  ASSERT_TRUE(form.ok()) << form.status();
  const auto ids = form->Encode(model_, {.query = "<eot>", .document = "ab", .instruction = "x"});
  ASSERT_TRUE(ids.ok()) << ids.status();
  SecretIds want = {kBosId};
  for (const char c : std::string("<eot>")) want.push_back(Ids(std::string(1, c))[0]);
  want.push_back(kEotId);
  for (const int32_t id : Ids("abx!")) want.push_back(id);
  EXPECT_EQ(*ids, want);
  EXPECT_EQ(*form->LabelIds(model_), (SecretIds{Ids("a")[0], Ids("b")[0]}));
}

TEST_F(TokenStringsTest, ATemplateHasItsPlaceholdersAndLabelsOfOneToken) {
  EXPECT_EQ(RerankTemplate::Parse("{document}", {"a", "b"}).status().message(), "has no {query}");
  EXPECT_EQ(RerankTemplate::Parse("{query}", {"a", "b"}).status().message(), "has no {document}");
  EXPECT_FALSE(RerankTemplate::Parse("{query}{document}\xff", {"a", "b"}).ok());
  const auto long_label = RerankTemplate::Parse("{query}{document}", {"xyz", "a"});
  EXPECT_TRUE(absl::IsFailedPrecondition(long_label->LabelIds(model_).status()));
  const auto alike = RerankTemplate::Parse("{query}{document}", {"a", "a"});
  EXPECT_TRUE(absl::IsFailedPrecondition(alike->LabelIds(model_).status()));
}

}  // namespace
}  // namespace sotto
