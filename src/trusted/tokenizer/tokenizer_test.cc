// Tokenizers that are always there: the shipped model's and two small ones. The large ones are in
// golden_test.cc.
#include "trusted/tokenizer/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "base/file.h"
#include "testing/small_tokenizers.h"
#include "testing/test_data.h"
#include "trusted/tokenizer/tokenizer_test_util.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

Tokenizer Shipped() {
  auto tokenizer = Tokenizer::Load(ShippedModelDir() + "/tokenizer.json");
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
  return *std::move(tokenizer);
}

std::string Decode(const Tokenizer& tokenizer, const Ids& ids, const DecodeOptions& options = {}) {
  const auto text = tokenizer.Decode(ids, options);
  EXPECT_TRUE(text.ok()) << text.status();
  return text.value_or("(error)");
}

TEST(TokenizerTest, EncodesReferencePrompts) {
  const Tokenizer tokenizer = Shipped();
  const auto text = ReadFile(ShippedModelDir() + "/reference/reference.json");
  ASSERT_TRUE(text.ok()) << text.status();
  const json reference = json::parse(*text);
  for (const json& prompt : reference["prompts"]) {
    SCOPED_TRACE(prompt["name"]);
    const Ids ids = IdsOf(tokenizer, prompt["text"].get<std::string>(), {.add_bos = true});
    const Ids expected = prompt["ids"];  // The first 160 of a long prompt.
    ASSERT_GE(ids.size(), expected.size());
    EXPECT_EQ(Ids(ids.begin(), ids.begin() + expected.size()), expected);
    if (expected.size() < 160) {
      EXPECT_EQ(ids.size(), expected.size());
    }
    EXPECT_EQ(Decode(tokenizer, ids, {.skip_special = true}), prompt["text"]);
  }
}

TEST(TokenizerTest, ByteLevelMergesAndWholeWords) {
  const Tokenizer tokenizer = ParsedTokenizer(ByteLevelJson());
  EXPECT_EQ(tokenizer.vocab_size(), 262);
  EXPECT_EQ(IdsOf(tokenizer, ""), Ids{});
  EXPECT_EQ(IdsOf(tokenizer, "abc ab a"), (Ids{257, 259, 258}));
  EXPECT_EQ(IdsOf(tokenizer, "aé"), (Ids{'a', 0xc3, 0xa9}));
  EXPECT_EQ(IdsOf(tokenizer, "ab", {.add_bos = true}), (Ids{260, 256}));
}

TEST(TokenizerTest, IgnoreMergesTakesTheWholeWordFirst) {
  json file = ByteLevelJson();
  file["model"]["vocab"]["xyz"] = 260;  // No merges lead to it.
  file["added_tokens"] = json::array();
  file["post_processor"] = nullptr;
  EXPECT_EQ(IdsOf(file, "xyz"), Ids{260});
  file["model"]["ignore_merges"] = false;
  EXPECT_EQ(IdsOf(file, "xyz"), (Ids{'x', 'y', 'z'}));
}

TEST(TokenizerTest, SentencePiecePrefixMergesAndFallback) {
  const Tokenizer tokenizer = ParsedTokenizer(SentencePieceJson());
  EXPECT_EQ(IdsOf(tokenizer, ""), Ids{});
  EXPECT_EQ(IdsOf(tokenizer, "ab ab"), (Ids{263, 263}));
  EXPECT_EQ(IdsOf(tokenizer, "é"), (Ids{259, 3 + 0xc3, 3 + 0xa9}));
  EXPECT_EQ(IdsOf(tokenizer, "<s>a"), (Ids{1, 259, 260}));
  EXPECT_EQ(IdsOf(tokenizer, "  ab"), (Ids{264, 263}));
}

TEST(TokenizerTest, UnknownCharactersFuse) {
  json file = SentencePieceJson();
  file["model"]["byte_fallback"] = false;
  EXPECT_EQ(IdsOf(file, "aééb"), (Ids{259, 260, 0, 261}));
  file["model"]["fuse_unk"] = false;
  EXPECT_EQ(IdsOf(file, "aééb"), (Ids{259, 260, 0, 0, 261}));
}

// Cutting before spaces is an optimisation; a token with a space inside switches it off.
TEST(TokenizerTest, WordsNeedNotBeginWithASpace) {
  json file = SentencePieceJson();
  file["model"]["vocab"]["b▁"] = 265;
  file["model"]["merges"].insert(file["model"]["merges"].begin(), "b ▁");
  EXPECT_EQ(IdsOf(file, "ab ab"), (Ids{259, 260, 265, 262}));
}

// Nor may it be cut where a character is dropped, whose neighbours join.
TEST(TokenizerTest, NeighboursOfADroppedCharacterJoin) {
  json file = SentencePieceJson();
  file["model"]["byte_fallback"] = false;
  file["model"]["unk_token"] = nullptr;
  file["normalizer"] = nullptr;
  EXPECT_EQ(IdsOf(file, "a▁é▁b"), (Ids{260, 264, 261}));
  file["model"]["byte_fallback"] = true;
  EXPECT_EQ(IdsOf(file, "a▁é▁b"), (Ids{260, 259, 3 + 0xc3, 3 + 0xa9, 259, 261}));
  file["model"]["vocab"].erase("<0xA9>");
  EXPECT_EQ(IdsOf(file, "a▁é▁b"), (Ids{260, 264, 261}));
}

TEST(TokenizerTest, AddedTokensAreTextWhenPlain) {
  const Tokenizer tokenizer = ParsedTokenizer(ByteLevelJson());
  EXPECT_EQ(IdsOf(tokenizer, "a<eot><bos>b"), (Ids{'a', 261, 260, 'b'}));
  const Ids plain = IdsOf(tokenizer, "<eot>", {.plain = true});
  EXPECT_EQ(plain, (Ids{'<', 'e', 'o', 't', '>'}));
  EXPECT_EQ(Decode(tokenizer, {'a', 261, 'b'}), "a<eot>b");
  EXPECT_EQ(Decode(tokenizer, {'a', 261, 'b'}, {.skip_special = true}), "ab");
}

TEST(TokenizerTest, NoAddedTokenReachesIntoAPlainRange) {
  const Tokenizer tokenizer = ParsedTokenizer(ByteLevelJson());
  using Range = AddedTokenMatcher::Range;
  const auto encode = [&](const std::vector<Range>& plain) {
    return IdsOf(tokenizer, "<eot><eot>", {.plain_ranges = plain});
  };
  const Ids text = {'<', 'e', 'o', 't', '>'};
  const Ids second_plain = {261, '<', 'e', 'o', 't', '>'},
            first_plain = {'<', 'e', 'o', 't', '>', 261};
  EXPECT_EQ(encode({}), (Ids{261, 261}));
  EXPECT_EQ(encode({Range{5, 10}}), second_plain);
  EXPECT_EQ(encode({Range{9, 10}}), second_plain);  // What stands before it may not begin one.
  EXPECT_EQ(encode({Range{0, 1}}), first_plain);
  EXPECT_EQ(encode({Range{2, 3}, Range{7, 8}}).size(), 10u);
}

TEST(TokenizerTest, BytesOfAToken) {
  const Tokenizer tokenizer = ParsedTokenizer(ByteLevelJson());
  EXPECT_EQ(tokenizer.TokenBytes(0xc3), "\xc3");
  EXPECT_EQ(tokenizer.TokenBytes(259), " ab");
  EXPECT_EQ(tokenizer.TokenBytes(261), "<eot>");
  EXPECT_EQ(ParsedTokenizer(SentencePieceJson()).TokenBytes(3 + 0xc3), "\xc3");
}

TEST(TokenizerTest, LongestAddedTokenWins) {
  json file = ByteLevelJson();
  file["added_tokens"][0]["content"] = "<e";
  file["added_tokens"][0]["normalized"] = false;
  file["post_processor"] = nullptr;
  const Tokenizer tokenizer = ParsedTokenizer(file);
  EXPECT_EQ(IdsOf(tokenizer, "<eot><e"), (Ids{261, 260}));
  EXPECT_EQ(IdsOf(tokenizer, "<eo"), (Ids{260, 'o'}));
}

TEST(TokenizerTest, AddedTokensTakeWhiteSpace) {
  json file = ByteLevelJson();
  file["added_tokens"][0]["lstrip"] = true;
  file["added_tokens"][1]["rstrip"] = true;
  const Tokenizer tokenizer = ParsedTokenizer(file);
  EXPECT_EQ(IdsOf(tokenizer, "a \u00a0\t<bos> b"), (Ids{'a', 260, ' ', 'b'}));
  EXPECT_EQ(IdsOf(tokenizer, "a <eot> \nb"), (Ids{'a', ' ', 261, 'b'}));
  EXPECT_EQ(IdsOf(tokenizer, "<eot>  <bos>"), (Ids{261, 260}));
}

// "<eot>" takes the white space behind it; the tokens "\n" and "\t" stand in that white space. The
// ids are the reference's.
TEST(TokenizerTest, TokensInTheWhiteSpaceThatATokenTakesAreFound) {
  json file = ByteLevelJson();
  file["added_tokens"][1]["rstrip"] = true;
  for (const char* content : {"\n", "\t"}) {
    json token = file["added_tokens"][0];
    token["id"] = 260 + file["added_tokens"].size();
    token["content"] = content;
    token["rstrip"] = *content == '\t';
    file["added_tokens"].push_back(token);
  }
  const Tokenizer tokenizer = ParsedTokenizer(file);
  EXPECT_EQ(IdsOf(tokenizer, "<eot>\nb"), (Ids{261, 262, 'b'}));
  EXPECT_EQ(IdsOf(tokenizer, "a<eot> \n\nb"), (Ids{'a', 261, 262, 262, 'b'}));
  EXPECT_EQ(IdsOf(tokenizer, "\t\t"), (Ids{263, 263}));
  EXPECT_EQ(IdsOf(tokenizer, "<eot>\t \n b"), (Ids{261, 263, 262, ' ', 'b'}));
  // What is left of the white space behind "\n", which takes none, is text again.
  EXPECT_EQ(IdsOf(tokenizer, "<eot>\n  b"), (Ids{261, 262, ' ', ' ', 'b'}));
  EXPECT_EQ(IdsOf(tokenizer, "<eot> \n<eot>\n"), (Ids{261, 262, 261, 262}));
  EXPECT_EQ(IdsOf(tokenizer, std::string(1 << 20, '\t')), Ids(1 << 20, 263));
}

TEST(TokenizerTest, WhiteSpaceBetweenTwoTokensThatTakeItIsTakenOnce) {
  json file = ByteLevelJson();
  file["added_tokens"][0]["lstrip"] = true;
  file["added_tokens"][1]["rstrip"] = true;
  json newline = file["added_tokens"][0];
  newline["id"] = 262;
  newline["content"] = "\n";
  file["added_tokens"].push_back(newline);
  const Tokenizer tokenizer = ParsedTokenizer(file);
  EXPECT_EQ(IdsOf(tokenizer, "<eot>  <bos>"), (Ids{261, 260}));
  EXPECT_EQ(IdsOf(tokenizer, "a \n \nb"), (Ids{'a', 262, 262, 'b'}));
}

// Nothing is left of a "\n" that takes white space on both sides: the reference drops it.
TEST(TokenizerTest, TokensThatTakeWhatWasTakenAreDropped) {
  json file = ByteLevelJson();
  file["added_tokens"][1]["rstrip"] = true;
  json newline = file["added_tokens"][0];
  newline["id"] = 262;
  newline["content"] = "\n";
  newline["lstrip"] = newline["rstrip"] = true;
  file["added_tokens"].push_back(newline);
  const Tokenizer tokenizer = ParsedTokenizer(file);
  EXPECT_EQ(IdsOf(tokenizer, "<eot> \n b"), (Ids{261, 'b'}));
  EXPECT_EQ(IdsOf(tokenizer, "a \n \n b"), (Ids{'a', 262, 'b'}));
}

// Once normalised, both contents are "▁x": the reference finds the first, special ones before
// others.
TEST(TokenizerTest, OfEqualNormalisedContentsTheFirstIsFound) {
  json file = SentencePieceJson();
  file["normalizer"] = file["normalizer"]["normalizers"][1];
  for (const char* content : {" x", "▁x"}) {
    json token = file["added_tokens"][2];
    token["id"] = 262 + file["added_tokens"].size();
    token["content"] = content;
    token["normalized"] = true;
    token["special"] = false;
    file["added_tokens"].push_back(token);
  }
  EXPECT_EQ(IdsOf(file, "a x"), (Ids{260, 265}));
  file["added_tokens"][4]["special"] = true;
  EXPECT_EQ(IdsOf(file, "a x"), (Ids{260, 266}));
}

TEST(TokenizerTest, NormalizedAddedTokensAreFoundInNormalisedText) {
  json file = SentencePieceJson();
  json token = file["added_tokens"][2];
  token["normalized"] = true;
  file["added_tokens"][2] = token;
  // Normalised, its content is "▁</s>": only there at the beginning of a word.
  const Tokenizer tokenizer = ParsedTokenizer(file);
  EXPECT_EQ(IdsOf(tokenizer, "a </s>"), (Ids{259, 260, 2}));
}

// What the reference does with these ends the process at the first text beyond ASCII.
TEST(TokenizerTest, NormalizedAddedTokensThatBecomeEmptyAreRefused) {
  json file = ByteLevelJson();
  file["normalizer"] = {{"type", "Replace"}, {"pattern", {{"String", "<eot>"}}}, {"content", ""}};
  EXPECT_EQ(IdsOf(file, "a<eot>"), (Ids{'a', 261}));
  file["added_tokens"][1]["normalized"] = true;
  EXPECT_EQ(Tokenizer::Parse(file.dump(), "T").status(),
            absl::InvalidArgumentError(
                "T: added_tokens: the content of id 261 is empty once normalised"));
}

// Steps that each make a text eight times as long would make a terabyte of a line.
TEST(TokenizerTest, NormalisersThatGrowWithoutEndAreAnError) {
  json file = SentencePieceJson();
  json& steps = file["normalizer"]["normalizers"];
  while (steps.size() < 8) {
    steps.push_back(
        {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", std::string(8, 'a')}});
  }
  const std::string text(1000, 'a');
  EXPECT_EQ(ParsedTokenizer(file).Encode(text, {}).status(),
            absl::InvalidArgumentError("the normalizer makes text longer than the limit of 17024 "
                                       "bytes"));
  // Nor may many short stretches add up.
  file = SentencePieceJson();
  file["normalizer"]["normalizers"][0]["prepend"] = std::string(1000, 'b');
  std::string stretches;
  for (int i = 0; i < 100; ++i) stretches += "a<s>";
  EXPECT_FALSE(ParsedTokenizer(file).Encode(stretches, {}).ok());
  EXPECT_TRUE(ParsedTokenizer(file).Encode("a", {}).ok());
}

TEST(TokenizerTest, HostileExpressionsAreAnErrorInWhateverStretchOfTheText) {
  json file = ByteLevelJson();
  file["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "(?:a*)*b|[^a]";
  std::string stretches;
  for (int i = 0; i < 100; ++i) stretches += std::string(26, 'a') + "<bos>";
  for (const std::string& text : {std::string(2600, 'a'), stretches}) {
    const absl::Status status = ParsedTokenizer(file).Encode(text, {}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("limit"));
  }
}

TEST(TokenizerTest, InvalidUtf8NamesTheOffsetAndNothingElse) {
  const Tokenizer tokenizer = Shipped();
  const auto ids = tokenizer.Encode("secret \xff prompt", {});
  EXPECT_EQ(ids.status(), absl::InvalidArgumentError("text is not UTF-8 at byte offset 7"));
}

TEST(TokenizerTest, IdsOutsideTheVocabularyAreRefusedWithoutNamingThem) {
  const Tokenizer tokenizer = ParsedTokenizer(ByteLevelJson());
  for (const int32_t id : {-1, 262, 987654321}) {
    const auto text = tokenizer.Decode(Ids{1, 2, id}, {});
    EXPECT_EQ(text.status(), absl::InvalidArgumentError("position 2: id is not in [0, 262)"));
  }
}

TEST(TokenizerTest, InvalidBytesDecodeToReplacements) {
  const Tokenizer byte_level = ParsedTokenizer(ByteLevelJson());
  EXPECT_EQ(Decode(byte_level, {0xc3, 'a', 0xc3}), "\ufffda\ufffd");
  const Tokenizer fallback = ParsedTokenizer(SentencePieceJson());
  // A run of byte tokens is good as a whole or each byte is replaced.
  EXPECT_EQ(Decode(fallback, {3 + 'x', 3 + 0xc3, 260}), "\ufffd\ufffda");
  EXPECT_EQ(Decode(fallback, {3 + 0xc3, 3 + 0xa9, 260}), "éa");
}

TEST(TokenizerTest, OnlyOneLeadingSpaceIsStripped) {
  const Tokenizer tokenizer = ParsedTokenizer(SentencePieceJson());
  EXPECT_EQ(Decode(tokenizer, {264, 263}), "  ab");
  EXPECT_EQ(Decode(tokenizer, {260, 263}), "a ab");
}

TEST(TokenizerTest, InsideATextNothingIsStripped) {
  const Tokenizer tokenizer = ParsedTokenizer(SentencePieceJson());
  EXPECT_EQ(Decode(tokenizer, {263}, {.inside_text = true}), " ab");
  StreamingDecoder decoder(tokenizer, {.inside_text = true});
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(*decoder.Next(263) + decoder.Finish(), " ab") << round;
  }
}

TEST(TokenizerTest, OneMegabyteWithoutSpaces) {
  std::string text(1 << 20, 'x');
  std::mt19937 random(7);
  for (char& c : text) c = static_cast<char>('a' + random() % 3);
  for (const json& file : {ByteLevelJson(), SentencePieceJson()}) {
    const Tokenizer tokenizer = ParsedTokenizer(file);
    EXPECT_EQ(Decode(tokenizer, IdsOf(tokenizer, text)), text);
  }
}

// Any ids at all, one at a time and together.
TEST(StreamingDecoderTest, JoinsToTheWholeAndEachPieceIsUtf8) {
  std::mt19937 random(11);
  const Tokenizer tokenizers[] = {ParsedTokenizer(ByteLevelJson()),
                                  ParsedTokenizer(SentencePieceJson()), Shipped()};
  for (const Tokenizer& tokenizer : tokenizers) {
    for (int round = 0; round < 500; ++round) {
      Ids ids(random() % 30);
      for (int32_t& id : ids) id = static_cast<int32_t>(random() % tokenizer.vocab_size());
      const DecodeOptions options = {.skip_special = round % 2 == 0};
      StreamingDecoder stream(tokenizer, options);
      std::string joined;
      for (const int32_t id : ids) {
        const auto piece = stream.Next(id);
        ASSERT_TRUE(piece.ok()) << piece.status();
        // A valid piece decodes to itself; an invalid one could not be JSON.
        EXPECT_NO_THROW(json(*piece).dump());
        joined += *piece;
      }
      joined += stream.Finish();
      EXPECT_EQ(joined, Decode(tokenizer, ids, options));
    }
  }
}

TEST(StreamingDecoderTest, CharactersComeWhenTheyAreWhole) {
  const Tokenizer tokenizer = ParsedTokenizer(ByteLevelJson());
  StreamingDecoder stream(tokenizer, {});
  EXPECT_EQ(*stream.Next('a'), "a");
  EXPECT_EQ(*stream.Next(0xc3), "");
  EXPECT_EQ(stream.Next(262).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(*stream.Next(0xa9), "é");
  EXPECT_EQ(stream.Finish(), "");
}

}  // namespace
}  // namespace sotto
