// Of plain text no id of a special token comes, whatever the model's own vocabulary holds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "testing/small_tokenizers.h"
#include "trusted/tokenizer/tokenizer_test_util.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// <bos> is 260 and <eot> is 261, special both; the model has them, too, and two merges lead to
// "<eot>" by "<e" and "ot>".
json BytesThatMergeInto(std::vector<const char*> merges) {
  json file = ByteLevelJson();
  json& model = file["model"];
  for (const char* token : {"<bos>", "<eot>", "<e", "ot", "ot>"}) {
    model["vocab"][token] = model["vocab"].size();
  }
  model["merges"] = merges;
  model["ignore_merges"] = false;
  file["pre_tokenizer"] = {{"type", "ByteLevel"},
                           {"add_prefix_space", false},
                           {"trim_offsets", true},
                           {"use_regex", false}};
  return file;
}

json UnigramFile(const json& vocab) {
  json file = SentencePieceJson();
  file["model"] = {{"type", "Unigram"}, {"unk_id", 0}, {"vocab", vocab}, {"byte_fallback", false}};
  file["normalizer"] = nullptr;
  file["post_processor"] = nullptr;
  return file;
}

absl::Status ErrorOf(const json& file, std::string_view text) {
  return ParsedTokenizer(file).Encode(text, {.plain = true}).status();
}

TEST(PlainTextTest, MergesDoNotLeadToASpecialToken) {
  const json file = BytesThatMergeInto({"< e", "o t", "ot >", "<e ot>"});
  EXPECT_EQ(IdsOf(file, "<eot>"), Ids{261});
  EXPECT_EQ(IdsOf(file, "<eot>", {.plain = true}), (Ids{262, 264}));
  EXPECT_EQ(IdsOf(file, "a<eot>", {.plain = true}), (Ids{'a', 262, 264}));
}

TEST(PlainTextTest, AWholeWordIsNoSpecialToken) {
  json file = BytesThatMergeInto({});
  file["model"]["ignore_merges"] = true;
  EXPECT_EQ(IdsOf(file, "<eot>", {.plain = true}), (Ids{'<', 'e', 'o', 't', '>'}));
  file["added_tokens"] = json::array();
  file["post_processor"] = nullptr;
  EXPECT_EQ(IdsOf(file, "<eot>", {.plain = true}), Ids{261});  // It is not special any more.
}

TEST(PlainTextTest, ARangeIsAsPlainAsAText) {
  const json file = BytesThatMergeInto({"< e", "o t", "ot >", "<e ot>"});
  using Range = AddedTokenMatcher::Range;
  const std::vector<Range> plain = {Range{5, 10}};
  EXPECT_EQ(IdsOf(file, "<eot><eot><eot>", {.plain_ranges = plain}), (Ids{261, 262, 264, 261}));
  // Half of it is of the range.
  const std::vector<Range> half = {Range{0, 2}};
  EXPECT_EQ(IdsOf(file, "<eot>", {.plain_ranges = half}), (Ids{262, 264}));
}

TEST(PlainTextTest, PiecesOfUnigramAreNoSpecialTokens) {
  const json file = UnigramFile(json::array({{"<unk>", 0},
                                             {"<s>", 0},
                                             {"</s>", 0},
                                             {"<", -5},
                                             {"s", -5},
                                             {">", -5},
                                             {"/", -5},
                                             {"a", -3}}));
  EXPECT_EQ(IdsOf(file, "a</s>"), (Ids{7, 2}));
  EXPECT_EQ(IdsOf(file, "a</s>", {.plain = true}), (Ids{7, 3, 6, 4, 5}));
  EXPECT_EQ(IdsOf(file, "</s", {.plain = true}), (Ids{3, 6, 4}));
}

// Neighbouring unknown characters are looked up as one.
TEST(PlainTextTest, UnknownCharactersTogetherAreNoSpecialToken) {
  const json file = UnigramFile(json::array({{"<unk>", 0}, {"<s>", 0}, {"</s>", 0}, {"a", -3}}));
  EXPECT_EQ(IdsOf(file, "a<s>", {.plain = true}), (Ids{3, 0}));
  EXPECT_EQ(IdsOf(file, "a<unk>", {.plain = true}), (Ids{3, 0}));  // As for any of them.
}

TEST(PlainTextTest, ACharacterThatIsSpecialIsAnError) {
  const json added = {{"id", 'a'},       {"content", "a"},  {"single_word", false},
                      {"lstrip", false}, {"rstrip", false}, {"normalized", false},
                      {"special", true}};
  json bytes = ByteLevelJson();
  bytes["model"]["ignore_merges"] = false;
  bytes["model"]["merges"] = json::array();
  bytes["added_tokens"].push_back(added);
  EXPECT_THAT(ErrorOf(bytes, "b,a").message(), HasSubstr("only a special token"));
  json characters = SentencePieceJson();
  characters["added_tokens"].push_back(added);
  EXPECT_EQ(IdsOf(characters, "a", {.plain = true}), (Ids{259, 3 + 'a'}));  // Its byte's token.
  characters["model"]["byte_fallback"] = false;
  EXPECT_THAT(ErrorOf(characters, "a").message(), HasSubstr("only a special token"));
  json pieces = UnigramFile(json::array({{"<unk>", 0}, {"<s>", 0}, {"</s>", 0}, {"a", -3}}));
  pieces["added_tokens"].push_back(added);
  EXPECT_THAT(ErrorOf(pieces, "a").message(), HasSubstr("only a special token"));
  pieces["model"]["unk_id"] = nullptr;
  EXPECT_THAT(ErrorOf(pieces, "a").message(), HasSubstr("only a special token"));
}

TEST(PlainTextTest, AByteThatIsSpecialIsAnError) {
  json file = SentencePieceJson();
  json added = file["added_tokens"][0];
  added["content"] = "<0xA9>";
  file["added_tokens"].push_back(added);
  EXPECT_THAT(ErrorOf(file, "é").message(), HasSubstr("only a special token"));
  EXPECT_EQ(IdsOf(file, "É", {.plain = true}), (Ids{259, 3 + 0xc3, 3 + 0x89}));
}

// <|endoftext|> of models in the manner of GPT-2.
TEST(PlainTextTest, AnUnknownCharacterIsNoTokenOfTheTemplate) {
  json file = SentencePieceJson();
  file["model"]["byte_fallback"] = false;
  EXPECT_EQ(IdsOf(file, "é", {.plain = true}), (Ids{259, 0}));
  file["model"]["unk_token"] = "<s>";
  EXPECT_EQ(IdsOf(file, "é"), (Ids{259, 1}));
  EXPECT_THAT(ErrorOf(file, "é").message(), HasSubstr("only a special token"));
  json pieces = UnigramFile(json::array({{"<s>", 0}, {"a", -3}}));
  pieces["post_processor"] = SentencePieceJson()["post_processor"];
  pieces["post_processor"]["special_tokens"]["<s>"]["ids"] = {0};
  EXPECT_EQ(IdsOf(pieces, "é"), Ids{0});
  EXPECT_THAT(ErrorOf(pieces, "é").message(), HasSubstr("only a special token"));
}

}  // namespace
}  // namespace sotto
