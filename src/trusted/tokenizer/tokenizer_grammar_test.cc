// What a tokenizer.json may hold beyond the two families of tokenizer_test.cc. The ids are the
// reference's; tests/reference_tokenizers_test.py compares many more texts with it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/strings.h"
#include "testing/sanitizer.h"
#include "testing/small_tokenizers.h"
#include "trusted/tokenizer/byte_trie.h"
#include "trusted/tokenizer/tokenizer_test_util.h"
#include "trusted/tokenizer/unigram_model.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

// One id a byte: what the steps make of a text can be read off.
json Bytes() {
  json file = ByteLevelJson();
  file["model"]["merges"] = json::array();
  file["pre_tokenizer"] = {
      {"type", "ByteLevel"}, {"trim_offsets", true}, {"add_prefix_space", false}};
  return file;
}

// The words of a text: each becomes a token of its own, in a vocabulary of those that are expected.
std::vector<std::string> Words(const json& pre_tokenizer, std::string_view text,
                               const std::vector<std::string>& expected) {
  json file = {{"model",
                {{"type", "BPE"},
                 {"ignore_merges", true},
                 {"unk_token", "<unk>"},
                 {"vocab", {{"<unk>", 0}}},
                 {"merges", json::array()}}},
               {"pre_tokenizer", pre_tokenizer}};
  for (const std::string& word : expected) {
    file["model"]["vocab"].emplace(word, file["model"]["vocab"].size());
  }
  const Tokenizer tokenizer = ParsedTokenizer(file);
  std::vector<std::string> words;
  const auto ids = tokenizer.Encode(text, {});
  EXPECT_TRUE(ids.ok()) << ids.status();
  for (const int32_t id : ids.value_or(Ids{})) {
    words.push_back(*tokenizer.Decode(Ids{id}, {}));
  }
  return words;
}

void ExpectWords(const json& pre_tokenizer, std::string_view text,
                 const std::vector<std::string>& expected) {
  EXPECT_EQ(Words(pre_tokenizer, text, expected), expected) << pre_tokenizer;
}

std::string Normalised(const json& normalizer, std::string_view text) {
  json file = Bytes();
  file["normalizer"] = normalizer;
  const Tokenizer tokenizer = ParsedTokenizer(file);
  return *tokenizer.Decode(*tokenizer.Encode(text, {}), {});
}

TEST(NormalizerGrammar, UnicodeForms) {
  EXPECT_EQ(Normalised({{"type", "NFC"}}, "e\u0301 \ufb01"), "\u00e9 \ufb01");
  EXPECT_EQ(Normalised({{"type", "NFD"}}, "\u00e9\uac00"), "e\u0301\u1100\u1161");
  EXPECT_EQ(Normalised({{"type", "NFKC"}}, "\ufb01 \u3392"), "fi MHz");
  EXPECT_EQ(Normalised({{"type", "NFKD"}}, "\u00e9\ufb01"), "e\u0301fi");
  // Marks in order of their classes, those of one class as they stood.
  EXPECT_EQ(Normalised({{"type", "NFD"}}, "a\u0301\u0323\u0300"), "a\u0323\u0301\u0300");
  EXPECT_EQ(Normalised({{"type", "NFC"}}, "a\u0301\u0323"), "\u1ea1\u0301");
  // Of Unicode 13 and 12.1, which the reference's tables do not know.
  EXPECT_EQ(Normalised({{"type", "NFD"}}, "\U00011938"), "\U00011938");
  EXPECT_EQ(Normalised({{"type", "NFKC"}}, "\u32ff"), "\u32ff");
}

TEST(NormalizerGrammar, ManyMarksTakeNoLongerThanTheyMust) {
  std::string text = "a", ordered = "a", above;
  for (int i = 0; i < 200'000; ++i) {
    text += "\u0301\u0323";
    ordered += "\u0323";
    above += "\u0301";
  }
  EXPECT_EQ(Normalised({{"type", "NFD"}}, text), ordered + above);
}

TEST(NormalizerGrammar, LowercaseIsACharactersOwn) {
  EXPECT_EQ(Normalised({{"type", "Lowercase"}}, "A\u03a3 \u0130"), "a\u03c3 i\u0307");
  EXPECT_EQ(Normalised({{"type", "Lowercase"}}, "\u1c89\U00010d50"), "\u1c8a\U00010d70");
}

TEST(NormalizerGrammar, Strip) {
  const std::string text = "\u3000 a \n";
  EXPECT_EQ(Normalised({{"type", "Strip"}, {"strip_left", true}, {"strip_right", false}}, text),
            "a \n");
  EXPECT_EQ(Normalised({{"type", "Strip"}, {"strip_left", false}, {"strip_right", true}}, text),
            "\u3000 a");
  EXPECT_EQ(Normalised({{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}}, "  "), "");
}

TEST(NormalizerGrammar, ReplaceByExpression) {
  const auto replace = [](const char* regex) {
    return json{{"type", "Replace"}, {"pattern", {{"Regex", regex}}}, {"content", "-"}};
  };
  EXPECT_EQ(Normalised(replace("\\s+"), "a \n b"), "a-b");
  EXPECT_EQ(Normalised(replace("a*"), "baac"), "-b-c-");
}

TEST(PreTokenizerGrammar, SplitBehaviours) {
  const auto split = [](const char* behavior, bool invert) {
    return json{{"type", "Split"},
                {"pattern", {{"String", "."}}},
                {"behavior", behavior},
                {"invert", invert}};
  };
  ExpectWords(split("Isolated", false), "a..b.", {"a", ".", ".", "b", "."});
  ExpectWords(split("Removed", false), "a..b.", {"a", "b"});
  ExpectWords(split("Removed", true), "a..b.", {".", ".", "."});
  ExpectWords(split("MergedWithPrevious", false), "a..b.", {"a.", ".", "b."});
  ExpectWords(split("MergedWithNext", false), "a..b.", {"a", ".", ".b", "."});
  ExpectWords(split("Contiguous", false), "a..b.", {"a", "..", "b", "."});
  ExpectWords(split("Contiguous", true), "a..b.", {"a", "..", "b", "."});
}

TEST(PreTokenizerGrammar, WordsDigitsAndPunctuation) {
  ExpectWords({{"type", "Whitespace"}}, "ab_1 c!? d", {"ab_1", "c", "!?", "d"});
  ExpectWords({{"type", "WhitespaceSplit"}}, "a! \u3000 b", {"a!", "b"});
  ExpectWords({{"type", "Digits"}, {"individual_digits", true}}, "a12\u00bd",
              {"a", "1", "2", "\u00bd"});
  ExpectWords({{"type", "Digits"}, {"individual_digits", false}}, "a12b", {"a", "12", "b"});
  ExpectWords({{"type", "Punctuation"}, {"behavior", "Isolated"}}, "a!$b", {"a", "!", "$", "b"});
  ExpectWords({{"type", "CharDelimiterSplit"}, {"delimiter", "."}}, "a..b", {"a", "b"});
  ExpectWords({{"type", "BertPreTokenizer"}}, "a b!", {"a", "b", "!"});
}

// The model's tokens are counted for the first, whatever their ids; one that the model has has its
// id.
TEST(AddedTokenGrammar, NumbersWhereTheModelsIdsHaveHoles) {
  json file = {
      {"model",
       {{"type", "BPE"}, {"vocab", {{"a", 0}, {"b", 1}, {"_", 10}}}, {"merges", json::array()}}}};
  int id = 20;
  for (const char* const content : {"_", "X", "Y"}) {
    file["added_tokens"].push_back({{"id", id++},
                                    {"content", content},
                                    {"single_word", false},
                                    {"lstrip", false},
                                    {"rstrip", false},
                                    {"normalized", false},
                                    {"special", false}});
  }
  EXPECT_THAT(*ParsedTokenizer(file).Encode("a_XYb", {}), ElementsAre(0, 10, 3, 4, 1));
}

TEST(PreTokenizerGrammar, Metaspace) {
  const auto metaspace = [](const char* scheme, bool split) {
    return json{
        {"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", scheme}, {"split", split}};
  };
  ExpectWords(metaspace("always", true), "a  b", {"_a", "_", "_b"});
  ExpectWords(metaspace("always", false), "a b", {"_a_b"});
  ExpectWords(metaspace("never", false), "a b", {"a_b"});
  ExpectWords(metaspace("first", true), " a b", {"_a", "_b"});
  ExpectWords({{"type", "Metaspace"}, {"replacement", "_"}, {"add_prefix_space", true}}, "a b",
              {"_a", "_b"});
}

// Only where the input begins, not where a piece does.
// A vocabulary of few characters, and nothing but the steps.
Ids MetaspaceFirstIds(const json& normalizer, const json& before, std::string_view text) {
  const json metaspace = {
      {"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", "first"}, {"split", true}};
  json file = {{"model",
                {{"type", "BPE"},
                 {"ignore_merges", true},
                 {"unk_token", "<x>"},
                 {"vocab", {{"a", 0}, {"b", 1}, {"_", 2}, {"<x>", 4}, {"-", 3}}},
                 {"merges", json::array()}}},
               {"normalizer", normalizer},
               {"pre_tokenizer", metaspace}};
  if (!before.is_null()) {
    file["pre_tokenizer"] = {{"type", "Sequence"}, {"pretokenizers", {before, metaspace}}};
  }
  return *ParsedTokenizer(file).Encode(text, {});
}

// "First" is what comes of the character that the input begins with: none where a normalizer took
// that one away, and several pieces where one made several of it.
TEST(PreTokenizerGrammar, MetaspaceFirstGoesByTheInput) {
  const json strip = {{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}};
  const auto replace = [](const json& pattern, const char* content) {
    return json{{"type", "Replace"}, {"pattern", pattern}, {"content", content}};
  };
  const json punctuation = {{"type", "Punctuation"}, {"behavior", "Isolated"}};
  EXPECT_THAT(MetaspaceFirstIds(nullptr, nullptr, "ab"), ElementsAre(2, 0, 1));
  EXPECT_THAT(MetaspaceFirstIds(strip, nullptr, "ab"), ElementsAre(2, 0, 1));
  EXPECT_THAT(MetaspaceFirstIds(strip, nullptr, " ab"), ElementsAre(0, 1));
  EXPECT_THAT(MetaspaceFirstIds(replace({{"Regex", "^ +"}}, ""), nullptr, " ab"),
              ElementsAre(0, 1));
  EXPECT_THAT(MetaspaceFirstIds(replace({{"String", "aa"}}, "b"), nullptr, "aab"),
              ElementsAre(1, 1));
  EXPECT_THAT(MetaspaceFirstIds(replace({{"String", "a"}}, "b"), nullptr, "ab"),
              ElementsAre(2, 1, 1));
  EXPECT_THAT(MetaspaceFirstIds({{"type", "NFKD"}}, punctuation, "\u2100b"),
              ElementsAre(2, 0, 2, 4, 2, 4, 1));
}

TEST(PreTokenizerGrammar, MetaspaceFirst) {
  json file = SentencePieceJson();
  file["normalizer"] = nullptr;
  file["pre_tokenizer"] = {
      {"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "first"}, {"split", false}};
  EXPECT_EQ(IdsOf(file, "ab<s>ab"), (Ids{263, 1, 262}));
  EXPECT_EQ(IdsOf(file, "<s>ab"), (Ids{1, 262}));
}

TEST(PreTokenizerGrammar, ByteLevelAmidASequence) {
  json file = Bytes();
  const json byte_level = {{"type", "ByteLevel"},
                           {"trim_offsets", true},
                           {"add_prefix_space", true},
                           {"use_regex", false}};
  const json split = {{"type", "Split"},
                      {"pattern", {{"String", "Ġ"}}},
                      {"behavior", "Removed"},
                      {"invert", false}};
  file["pre_tokenizer"] = {{"type", "Sequence"}, {"pretokenizers", {byte_level, split}}};
  EXPECT_EQ(IdsOf(file, "a b"), (Ids{'a', 'b'}));
}

// Eight steps that each double a text.
TEST(PreTokenizerGrammar, StepsThatGrowWithoutEndAreAnError) {
  json file = Bytes();
  const json step = {{"type", "ByteLevel"},
                     {"trim_offsets", true},
                     {"add_prefix_space", false},
                     {"use_regex", false}};
  file["pre_tokenizer"] = {{"type", "Sequence"}, {"pretokenizers", json::array_t(8, step)}};
  const auto ids = ParsedTokenizer(file).Encode(std::string(100'000, ' '), {});
  EXPECT_EQ(ids.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(PreTokenizerGrammar, AnExpressionThatTakesTooLongIsNamed) {
  json file = Bytes();
  const json split = {{"type", "Split"},
                      {"pattern", {{"Regex", "(a|a)*b"}}},
                      {"behavior", "Isolated"},
                      {"invert", false}};
  file["pre_tokenizer"] = {{"type", "Sequence"}, {"pretokenizers", {file["pre_tokenizer"], split}}};
  const auto ids = ParsedTokenizer(file).Encode(std::string(1 << 20, 'a'), {});
  EXPECT_THAT(ids.status().message(),
              HasSubstr("t.json: pre_tokenizer.pretokenizers[1].pattern.Regex: splitting text"));
}

TEST(NormalizerGrammar, AnExpressionThatTakesTooLongIsNamed) {
  json file = Bytes();
  file["normalizer"] = {{"type", "Replace"}, {"pattern", {{"Regex", "(a|a)*b"}}}, {"content", "c"}};
  const auto ids = ParsedTokenizer(file).Encode(std::string(1 << 20, 'a'), {});
  EXPECT_THAT(ids.status().message(),
              HasSubstr("t.json: normalizer.pattern.Regex: splitting text"));
}

TEST(BpeGrammar, BytesWithoutATokenAreDroppedOrUnknown) {
  json file = ByteLevelJson();
  file["added_tokens"] = json::array();
  file["post_processor"] = nullptr;
  for (const char* token : {"!", "?"}) file["model"]["vocab"].erase(token);
  EXPECT_EQ(IdsOf(file, "a!?b"), (Ids{'a', 'b'}));
  file["model"]["unk_token"] = "ab";
  EXPECT_EQ(IdsOf(file, "a!?z"), (Ids{'a', 256, 256, 'z'}));
  file["model"]["fuse_unk"] = true;
  EXPECT_EQ(IdsOf(file, "a!?z"), (Ids{'a', 256, 'z'}));
  file["model"]["unk_token"] = "<nope>";
  EXPECT_EQ(IdsOf(file, "ab"), Ids{256});
  EXPECT_EQ(ParsedTokenizer(file).Encode("!", {}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(BpeGrammar, FallbackNeedsAllBytesOfACharacter) {
  json file = SentencePieceJson();
  file["model"]["vocab"].erase("<0xC3>");
  EXPECT_EQ(IdsOf(file, "éĀ"), (Ids{259, 3 + 0xc4, 3 + 0x80, 0}));  // Bytes overtake unk_token.
}

TEST(BpeGrammar, PrefixAndSuffix) {
  const json file = {
      {"model",
       {{"type", "BPE"},
        {"unk_token", "<unk>"},
        {"continuing_subword_prefix", "##"},
        {"end_of_word_suffix", "</w>"},
        {"vocab", {{"<unk>", 0}, {"a", 1}, {"##b</w>", 2}, {"ab</w>", 3}, {"##b", 4}}},
        {"merges", {"a ##b</w>"}}}}};
  EXPECT_EQ(IdsOf(file, "ab"), Ids{3});
  EXPECT_EQ(IdsOf(file, "abb"), (Ids{1, 4, 2}));
}

TEST(BpeGrammar, OldFilesHaveNoType) {
  json file = ByteLevelJson();
  file["model"].erase("type");
  file["model"]["dropout"] = 0.0;
  EXPECT_EQ(IdsOf(file, "ab"), Ids{256});
}

json UnigramJson() {
  json vocab = json::array();
  const auto add = [&](const std::string& token, double score) {
    vocab.push_back(json::array({token, score}));
  };
  add("<unk>", 0.0);
  add("▁", -2.0);
  add("a", -3.0);
  add("b", -3.0);
  add("ab", -5.0);
  add("▁ab", -8.5);
  return {{"model", {{"type", "Unigram"}, {"unk_id", 0}, {"vocab", vocab}}},
          {"pre_tokenizer", {{"type", "Metaspace"}, {"replacement", "▁"}}}};
}

TEST(UnigramGrammar, TakesTheBestSumOfScores) {
  EXPECT_EQ(IdsOf(UnigramJson(), "ab"), (Ids{1, 4}));  // -2 - 5, not -8.5 or -2 - 3 - 3.
  EXPECT_EQ(IdsOf(UnigramJson(), "ba"), (Ids{1, 3, 2}));
}

// Tokens one within the other, at each place of the text. Each look costs a few nanoseconds, and a
// megabyte may take two seconds.
TEST(UnigramGrammar, NestedTokensTakeNoLongerThanTheyMust) {
  constexpr size_t kText = size_t{1} << 20, kMostLooks = size_t{1} << 28;
  std::vector<std::string> tokens;
  std::vector<ByteTrie::Entry> entries;
  for (size_t length = 1; length <= kMaxUnigramTokenBytes; ++length) {
    tokens.emplace_back(length, 'a');
  }
  for (const std::string& token : tokens) entries.emplace_back(token, 0);
  const ByteTrie trie(entries);
  size_t looks = 0;
  trie.EachPrefix(std::string(kText, 'a'), [&](size_t, int32_t) { ++looks; });
  EXPECT_LE(looks * kText, kMostLooks);

  json file = UnigramJson();
  json& vocab = file["model"]["vocab"] = json::array({json::array({"<unk>", 0.0})});
  for (size_t length = 1; length <= kMaxUnigramTokenBytes; ++length) {
    vocab.push_back(json::array({std::string(length, 'a'), -1.0}));
  }
  file["pre_tokenizer"] = nullptr;
  EXPECT_EQ(IdsOf(file, std::string(kText, 'a')),
            Ids(kText / kMaxUnigramTokenBytes, kMaxUnigramTokenBytes));
}

TEST(UnigramGrammar, UnknownCharactersAreOneOrBytes) {
  json file = UnigramJson();
  EXPECT_EQ(IdsOf(file, "aéüb"), (Ids{1, 2, 0, 3}));
  file["model"]["byte_fallback"] = true;
  EXPECT_EQ(IdsOf(file, "aéb"), (Ids{1, 2, 0, 3}));  // Not all bytes have a token.
  for (const char* token : {"<0xC3>", "<0xA9>"}) {
    file["model"]["vocab"].push_back(json::array({token, 0.0}));
  }
  EXPECT_EQ(IdsOf(file, "aéb"), (Ids{1, 2, 6, 7, 3}));
  file["model"]["unk_id"] = nullptr;
  EXPECT_EQ(ParsedTokenizer(file).Encode("ü", {}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(AddedTokenGrammar, SingleWord) {
  json file = ByteLevelJson();
  file["added_tokens"][1]["content"] = "ab";
  file["added_tokens"][1]["single_word"] = true;
  file["model"]["vocab"].erase("ab");
  file["model"]["vocab"]["unrelated"] = 256;
  file["model"]["merges"] = json::array();
  EXPECT_EQ(IdsOf(file, "ab!"), (Ids{261, '!'}));
  EXPECT_EQ(IdsOf(file, "abz"), (Ids{'a', 'b', 'z'}));
  EXPECT_EQ(IdsOf(file, "éab"), (Ids{0xc3, 0xa9, 'a', 'b'}));
  EXPECT_EQ(IdsOf(file, "ab\u0301"), (Ids{'a', 'b', 0xcc, 0x81}));
}

// Of this process, so that neighbours do not count; a sanitizer would.
class Seconds {
 public:
  double spent() const {
    return kUnderSanitizer ? 0 : static_cast<double>(std::clock() - begin_) / CLOCKS_PER_SEC;
  }

 private:
  const std::clock_t begin_ = std::clock();
};
constexpr double kMostSecondsAMegabyte = 2;

// As long as they may be, one within the other, at each place of the text or nearly.
TEST(AddedTokenGrammar, NestedOnesTakeNoLongerThanTheyMust) {
  json file = ByteLevelJson();
  file["post_processor"] = nullptr;
  const json token = file["added_tokens"][1];
  json& tokens = file["added_tokens"] = json::array();
  for (size_t length = 1; length <= kMaxAddedTokenBytes; ++length) {
    tokens.push_back(token);
    tokens.back()["content"] = std::string(length - 1, '!') + "?";
    tokens.back()["single_word"] = length % 2 == 0;
  }
  const std::string text(1 << 20, '!');
  const Seconds nested;
  EXPECT_EQ(IdsOf(file, text).size(), text.size());
  EXPECT_LT(nested.spent(), kMostSecondsAMegabyte);
  EXPECT_EQ(IdsOf(file, std::string(2 * kMaxAddedTokenBytes, '?')).size(), 2 * kMaxAddedTokenBytes);
  tokens = json::array();
  tokens.push_back(token);
  tokens.back()["content"] = "!";
  tokens.back()["single_word"] = true;
  const Seconds alone;
  EXPECT_EQ(IdsOf(file, text).size(), text.size());
  EXPECT_LT(alone.spent(), kMostSecondsAMegabyte);
}

// Numbers are the reference's, whatever the file says: the model's, or the next free one.
TEST(AddedTokenGrammar, IdsAreTheReferences) {
  json file = ByteLevelJson();
  file["post_processor"] = nullptr;
  file["added_tokens"][0]["id"] = 900;
  file["added_tokens"][1]["content"] = "ab";
  const Tokenizer tokenizer = ParsedTokenizer(file);
  EXPECT_EQ(*tokenizer.Encode("<bos>ab", {}), (Ids{260, 256}));
  EXPECT_EQ(tokenizer.vocab_size(), 261);
  EXPECT_THAT(tokenizer.warnings(), ElementsAre(HasSubstr("numbers 2 of them otherwise")));
}

TEST(AddedTokenGrammar, OfTwoEntriesTheLastSaysWhatATokenTakes) {
  json file = ByteLevelJson();
  json again = file["added_tokens"][1];
  file["added_tokens"][1]["lstrip"] = true;
  again["rstrip"] = true;
  file["added_tokens"].push_back(again);
  EXPECT_EQ(IdsOf(file, "a <eot> b"), (Ids{'a', ' ', 261, 'b'}));
}

// As if an entry that stands there already did not.
TEST(AddedTokenGrammar, AnEntryThatIsThereAlreadySaysNothing) {
  json file = ByteLevelJson();
  const json plain = file["added_tokens"][1];
  json again = plain;
  again["rstrip"] = true;
  file["added_tokens"].push_back(again);
  file["added_tokens"].push_back(plain);
  EXPECT_EQ(IdsOf(file, "a<eot> b"), (Ids{'a', 261, 'b'}));
}

// Its place in the list counts, too, in the number of tokens from which added ones go on.
TEST(AddedTokenGrammar, IdsGoOnBehindAllPiecesOfUnigram) {
  json file = UnigramJson();
  file["model"]["vocab"].push_back(json::array({"a", -9.0}));
  file["added_tokens"] = json::array({ByteLevelJson()["added_tokens"][0]});
  file["pre_tokenizer"] = nullptr;
  EXPECT_EQ(IdsOf(file, "b<bos>"), (Ids{3, 7}));
}

TEST(PostProcessorGrammar, BeforeAndBehind) {
  json file = ByteLevelJson();
  for (const char* type : {"BertProcessing", "RobertaProcessing"}) {
    file["post_processor"] = {{"type", type},
                              {"cls", {"<bos>", 260}},
                              {"sep", {"<eot>", 261}},
                              {"trim_offsets", true},
                              {"add_prefix_space", false}};
    EXPECT_EQ(IdsOf(file, "ab", {.add_bos = true}), (Ids{260, 256, 261}));
    EXPECT_EQ(IdsOf(file, "ab"), Ids{256});
  }
}

std::string TextOf(const json& decoder, const Ids& ids) {
  json file = SentencePieceJson();
  file["decoder"] = decoder;
  const auto text = ParsedTokenizer(file).Decode(ids, {});
  EXPECT_TRUE(text.ok()) << text.status();
  return text.value_or("(error)");
}

TEST(DecoderGrammar, EachForm) {
  const Ids ids = {263, 259, 3 + 0xc3, 3 + 0xa9, 260};  // ▁ab ▁ <0xC3> <0xA9> a
  EXPECT_EQ(TextOf(nullptr, ids), "▁ab ▁ <0xC3> <0xA9> a");
  EXPECT_EQ(TextOf({{"type", "Metaspace"}, {"replacement", "▁"}}, ids), "ab <0xC3><0xA9>a");
  EXPECT_EQ(TextOf({{"type", "ByteFallback"}}, ids), "▁ab▁éa");
  EXPECT_EQ(TextOf({{"type", "Strip"}, {"content", "a"}, {"start", 0}, {"stop", 1}}, ids),
            "▁ab▁<0xC3><0xA9>");
  EXPECT_EQ(TextOf({{"type", "Fuse"}}, ids), "▁ab▁<0xC3><0xA9>a");
}

// A decoder only prints.
TEST(DecoderGrammar, UnknownStepsAreLeftOutWithAWarning) {
  json file = SentencePieceJson();
  file["decoder"] = {{"type", "CTC"}};
  const Tokenizer tokenizer = ParsedTokenizer(file);
  EXPECT_EQ(*tokenizer.Decode(Ids{263, 260}, {}), "▁aba");
  EXPECT_THAT(tokenizer.warnings(), ElementsAre(HasSubstr("decoder: type CTC is not supported")));
}

}  // namespace
}  // namespace sotto
