// Damaged and unsupported tokenizer.json files: each is refused with a one-line message that names
// the file and the field.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "base/strings.h"
#include "testing/small_tokenizers.h"
#include "trusted/tokenizer/tokenizer.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Damage {
  const char* name;
  std::function<void(json&)> apply;
  absl::StatusCode code;
  const char* message;  // after "t.json: "
};

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kUnimplemented = absl::StatusCode::kUnimplemented;

json ManyTimes(const json& element, size_t count) { return json(json::array_t(count, element)); }

// Damages to ByteLevelJson().
const Damage kByteLevelDamages[] = {
    {"RootNotObject", [](json& j) { j = json::array(); }, kInvalid, "must be an object"},
    {"NoModel", [](json& j) { j.erase("model"); }, kInvalid, "model: missing"},
    {"ModelNotObject", [](json& j) { j["model"] = 3; }, kInvalid, "model: must be an object"},
    {"NoType", [](json& j) { j["model"].erase("type"); }, kInvalid, "model.type: missing"},
    {"Unigram", [](json& j) { j["model"]["type"] = "Unigram"; }, kUnimplemented,
     "model: type Unigram is not supported (supported: BPE)"},
    {"TypeWithLineBreak", [](json& j) { j["model"]["type"] = "a\nb"; }, kUnimplemented,
     "model: type a?b is not supported"},
    {"NoVocab", [](json& j) { j["model"].erase("vocab"); }, kInvalid, "model.vocab: missing"},
    {"VocabIsArray", [](json& j) { j["model"]["vocab"] = json::array(); }, kInvalid,
     "model.vocab: must be an object"},
    {"NoMerges", [](json& j) { j["model"].erase("merges"); }, kInvalid, "model.merges: missing"},
    {"MergesIsObject", [](json& j) { j["model"]["merges"] = json::object(); }, kInvalid,
     "model.merges: must be an array"},
    {"MergeOfOne", [](json& j) { j["model"]["merges"][1] = "a"; }, kInvalid,
     "model.merges[1]: must be two tokens"},
    {"MergeOfThree", [](json& j) { j["model"]["merges"][1] = "a b c"; }, kInvalid,
     "model.merges[1]: must be two tokens"},
    {"MergeIsNumber", [](json& j) { j["model"]["merges"][0] = 7; }, kInvalid,
     "model.merges[0]: must be two tokens"},
    {"MergeListOfOne", [](json& j) { j["model"]["merges"][0] = {"a"}; }, kInvalid,
     "model.merges[0]: must be two tokens"},
    {"MergeLeftUnknown", [](json& j) { j["model"]["merges"][2] = "zz b"; }, kInvalid,
     "model.merges[2]: first token is not in vocab"},
    {"MergeRightUnknown", [](json& j) { j["model"]["merges"][2] = "b zz"; }, kInvalid,
     "model.merges[2]: second token is not in vocab"},
    {"MergeResultUnknown", [](json& j) { j["model"]["merges"][2] = "z z"; }, kInvalid,
     "model.merges[2]: the joined token is not in vocab"},
    {"DuplicateId", [](json& j) { j["model"]["vocab"]["a"] = 5; }, kInvalid, "id is used twice"},
    {"NegativeId", [](json& j) { j["model"]["vocab"]["a"] = -1; }, kInvalid,
     "id must be a whole number"},
    {"FractionalId", [](json& j) { j["model"]["vocab"]["a"] = 1.5; }, kInvalid,
     "id must be a whole number"},
    {"HugeId", [](json& j) { j["model"]["vocab"]["a"] = 4000000000u; }, kInvalid,
     "id is out of range"},
    {"IdPastEnd", [](json& j) { j["model"]["vocab"]["a"] = 262; }, kInvalid, "id is out of range"},
    {"EmptyToken", [](json& j) { j["model"]["vocab"][""] = 262; }, kInvalid, "empty token"},
    {"ByteMissing",
     [](json& j) {
       const int id = j["model"]["vocab"]["!"];
       j["model"]["vocab"].erase("!");
       j["model"]["vocab"]["unrelated"] = id;
     },
     kInvalid, "model.vocab: no token for byte <0x21>"},
    {"UnkNotInVocab", [](json& j) { j["model"]["unk_token"] = "<nope>"; }, kInvalid,
     "model.unk_token: is not in vocab"},
    {"UnkIsNumber", [](json& j) { j["model"]["unk_token"] = 0; }, kInvalid,
     "model.unk_token: must be a string"},
    {"IgnoreMergesIsString", [](json& j) { j["model"]["ignore_merges"] = "yes"; }, kInvalid,
     "model.ignore_merges: must be true or false"},
    {"Dropout", [](json& j) { j["model"]["dropout"] = 0.1; }, kUnimplemented,
     "model.dropout: a value is not supported"},
    {"WordSuffix", [](json& j) { j["model"]["end_of_word_suffix"] = "</w>"; }, kUnimplemented,
     "model.end_of_word_suffix: a value is not supported"},
    {"AddedTokensIsObject", [](json& j) { j["added_tokens"] = json::object(); }, kInvalid,
     "added_tokens: must be an array"},
    {"AddedWithoutId", [](json& j) { j["added_tokens"][0].erase("id"); }, kInvalid,
     "added_tokens[0].id: missing"},
    {"AddedIdIsString", [](json& j) { j["added_tokens"][0]["id"] = "260"; }, kInvalid,
     "added_tokens[0].id: must be an integer"},
    {"AddedIdNegative", [](json& j) { j["added_tokens"][0]["id"] = -4; }, kInvalid,
     "added_tokens[0].id: id is out of range"},
    {"AddedIdPastEnd", [](json& j) { j["added_tokens"][1]["id"] = 900; }, kInvalid,
     "added_tokens[1]: id is out of range"},
    {"AddedIdTaken", [](json& j) { j["added_tokens"][1]["id"] = 7; }, kInvalid,
     "added_tokens[1]: id belongs to another token"},
    {"AddedTwice",
     [](json& j) { j["added_tokens"][1]["content"] = j["added_tokens"][0]["content"]; }, kInvalid,
     "added_tokens[1]"},
    {"AddedHasOtherIdInVocab", [](json& j) { j["added_tokens"][1]["content"] = "a"; }, kInvalid,
     "added_tokens[1]"},
    {"AddedEmpty", [](json& j) { j["added_tokens"][0]["content"] = ""; }, kInvalid,
     "added_tokens[0].content: must not be empty"},
    {"AddedLong", [](json& j) { j["added_tokens"][0]["content"] = std::string(513, 'x'); },
     kInvalid, "added_tokens[0].content: is longer than 512 bytes"},
    {"AddedLongTogether",
     [](json& j) {
       json token = j["added_tokens"][0];
       for (int i = 0; i <= 1 << 13; ++i) {
         token["content"] = std::string(508, 'x') + std::to_string(1000 + i);
         j["added_tokens"].push_back(token);
       }
     },
     kInvalid, "added_tokens: contents of more than 4194304 bytes"},
    {"ManySplits",
     [](json& j) {
       auto& steps = j["pre_tokenizer"]["pretokenizers"];
       const json split = steps[0];
       steps = {{{"type", "Sequence"}, {"pretokenizers", ManyTimes(split, 32)}}, split};
     },
     kInvalid, "pre_tokenizer.pretokenizers[1].pattern.Regex: too many steps in all"},
    {"LongRegex",
     [](json& j) {
       j["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = std::string(4097, 'x');
     },
     kInvalid, "regular expression is longer than 4096 bytes"},
    {"TemplateOfManyIds",
     [](json& j) {
       j["post_processor"]["special_tokens"]["<bos>"]["ids"] = ManyTimes(260, 20);
       auto& single = j["post_processor"]["single"];
       single.insert(single.begin(), single[0]);
     },
     kInvalid, "the template has too many ids"},
    {"AddedSpecialIsNumber", [](json& j) { j["added_tokens"][0]["special"] = 1; }, kInvalid,
     "added_tokens[0].special: must be true or false"},
    {"AddedSingleWord", [](json& j) { j["added_tokens"][0]["single_word"] = true; }, kUnimplemented,
     "added_tokens[0]: single_word is not supported"},
    {"Normalizer",
     [](json& j) {
       j["normalizer"] = {{"type", "NFC"}};
     },
     kUnimplemented,
     "normalizer: type NFC is not supported (supported: Prepend, Replace, Sequence)"},
    {"Metaspace",
     [](json& j) {
       j["pre_tokenizer"]["pretokenizers"][0] = {{"type", "Metaspace"}};
     },
     kUnimplemented, "pre_tokenizer.pretokenizers[0]: type Metaspace is not supported"},
    {"SplitString",
     [](json& j) {
       j["pre_tokenizer"]["pretokenizers"][0]["pattern"] = {{"String", " "}};
     },
     kUnimplemented, "pre_tokenizer.pretokenizers[0].pattern: a pattern without Regex"},
    {"SplitRemoved",
     [](json& j) { j["pre_tokenizer"]["pretokenizers"][0]["behavior"] = "Removed"; },
     kUnimplemented, "pre_tokenizer.pretokenizers[0]: behavior Removed"},
    {"SplitInverted", [](json& j) { j["pre_tokenizer"]["pretokenizers"][0]["invert"] = true; },
     kUnimplemented, "pre_tokenizer.pretokenizers[0]: invert"},
    {"BadRegex", [](json& j) { j["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "(a"; },
     kInvalid, "pre_tokenizer.pretokenizers[0].pattern.Regex: regular expression does not compile"},
    {"UnknownClass",
     [](json& j) { j["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "\\p{Han}+"; },
     kUnimplemented, "regular expression uses \\p{Han}; supported are \\p{L}, \\p{N} and \\s"},
    {"PrefixSpace",
     [](json& j) { j["pre_tokenizer"]["pretokenizers"][1]["add_prefix_space"] = true; },
     kUnimplemented, "pre_tokenizer.pretokenizers[1]: add_prefix_space"},
    {"SplitAfterByteLevel",
     [](json& j) {
       auto& steps = j["pre_tokenizer"]["pretokenizers"];
       std::swap(steps[0], steps[1]);
     },
     kUnimplemented, "pre_tokenizer.pretokenizers[1]: Split after ByteLevel"},
    {"PostProcessor",
     [](json& j) {
       j["post_processor"] = {{"type", "RobertaProcessing"}};
     },
     kUnimplemented, "post_processor: type RobertaProcessing is not supported"},
    {"TemplateIdOutOfRange",
     [](json& j) { j["post_processor"]["special_tokens"]["<bos>"]["ids"][0] = 262; }, kInvalid,
     "post_processor.special_tokens.<bos>.ids[0]: id is out of range"},
    {"TemplateTokenUnknown", [](json& j) { j["post_processor"]["special_tokens"].clear(); },
     kInvalid, "post_processor.special_tokens.<bos>: missing"},
    {"TemplateWithoutText", [](json& j) { j["post_processor"]["single"].erase(1); }, kInvalid,
     "post_processor.single: must hold one Sequence"},
    {"TemplateWithTwoTexts",
     [](json& j) {
       auto& single = j["post_processor"]["single"];
       single.push_back(single[1]);
     },
     kInvalid, "post_processor.single: must hold one Sequence"},
    {"NoDecoder", [](json& j) { j["decoder"] = nullptr; }, kInvalid, "decoder: missing"},
    {"Decoder",
     [](json& j) {
       j["decoder"] = {{"type", "WordPiece"}};
     },
     kUnimplemented, "decoder: type WordPiece is not supported"},
    {"FamiliesMixed", [](json& j) { j["pre_tokenizer"] = nullptr; }, kUnimplemented,
     "decoder: ByteLevel in only one of pre_tokenizer and decoder"},
};

// Damages to SentencePieceJson().
const Damage kSentencePieceDamages[] = {
    {"ManyNormalizers",
     [](json& j) {
       auto& steps = j["normalizer"]["normalizers"];
       steps = ManyTimes(steps[1], 33);
     },
     kInvalid, "normalizer.normalizers: has more than 32 entries"},
    {"ManyNormalizersInSequences",
     [](json& j) {
       const json two = {{"type", "Sequence"},
                         {"normalizers", ManyTimes(j["normalizer"]["normalizers"][1], 20)}};
       j["normalizer"]["normalizers"] = {two, two};
     },
     kInvalid, "normalizer.normalizers[1].normalizers[12]: too many steps in all"},
    {"DecoderThatGrows",
     [](json& j) {
       const json replace = {
           {"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", "aa"}};
       auto& steps = j["decoder"]["decoders"];
       for (int i = 0; i < 28; ++i) steps.insert(steps.begin(), replace);
     },
     kInvalid, "decoder: its Replace steps make the tokens more than 16 times as long"},
    {"LongAddedTokenOnceNormalised",
     [](json& j) {
       j["added_tokens"][2]["normalized"] = true;
       j["normalizer"]["normalizers"][0]["prepend"] = std::string(600, 'b');
     },
     kInvalid, "added_tokens: the content of id 2 is longer than 512 bytes once normalised"},
    {"FallbackIncomplete",
     [](json& j) {
       const int id = j["model"]["vocab"]["<0x7F>"];
       j["model"]["vocab"].erase("<0x7F>");
       j["model"]["vocab"]["unrelated"] = id;
     },
     kInvalid, "model.vocab: byte_fallback without a token <0x7F>"},
    {"NoWayForUnknownCharacters",
     [](json& j) {
       j["model"]["byte_fallback"] = false;
       j["model"]["unk_token"] = nullptr;
     },
     kInvalid, "model.unk_token: needed where"},
    {"ReplaceByRegex",
     [](json& j) {
       j["normalizer"]["normalizers"][1]["pattern"] = {{"Regex", " +"}};
     },
     kUnimplemented, "normalizer.normalizers[1].pattern: a pattern without String"},
    {"ReplaceNothing", [](json& j) { j["normalizer"]["normalizers"][1]["pattern"]["String"] = ""; },
     kInvalid, "normalizer.normalizers[1].pattern.String: must not be empty"},
    {"StripEnd", [](json& j) { j["decoder"]["decoders"][3]["stop"] = 1; }, kUnimplemented,
     "decoder.decoders[3]: stop other than 0"},
    {"StripNegative", [](json& j) { j["decoder"]["decoders"][3]["start"] = -1; }, kInvalid,
     "decoder.decoders[3].start: must be 0 .. 1000"},
    {"StripWord", [](json& j) { j["decoder"]["decoders"][3]["content"] = "ab"; }, kInvalid,
     "decoder.decoders[3].content: must be one character"},
    {"FuseFirst",
     [](json& j) { std::swap(j["decoder"]["decoders"][1], j["decoder"]["decoders"][2]); },
     kUnimplemented, "decoder.decoders[1]: type Fuse at this place"},
    {"NoFuse",
     [](json& j) { j["decoder"]["decoders"].erase(3), j["decoder"]["decoders"].erase(2); },
     kUnimplemented, "decoder.decoders: a sequence without ByteFallback and Fuse"},
};

class DamageTest : public testing::TestWithParam<Damage> {
 protected:
  static void Check(json file) {
    GetParam().apply(file);
    const auto tokenizer = Tokenizer::Parse(file.dump(), "t.json");
    ASSERT_FALSE(tokenizer.ok());
    const std::string message(tokenizer.status().message());
    EXPECT_EQ(tokenizer.status().code(), GetParam().code) << message;
    EXPECT_THAT(message, StartsWith("t.json: "));
    EXPECT_THAT(message, HasSubstr(GetParam().message));
    EXPECT_THAT(message, Not(HasSubstr("\n")));
  }
};

class ByteLevelDamageTest : public DamageTest {};
class SentencePieceDamageTest : public DamageTest {};

TEST_P(ByteLevelDamageTest, IsRefused) { Check(ByteLevelJson()); }
TEST_P(SentencePieceDamageTest, IsRefused) { Check(SentencePieceJson()); }

// Readers differ in which of two members they take.
TEST(DamagedTokenizerJson, MembersGivenTwice) {
  std::string text = ByteLevelJson().dump();
  text.insert(1, R"("model": {"type": "BPE"}, )");
  EXPECT_EQ(Tokenizer::Parse(text, "t.json").status(),
            absl::InvalidArgumentError("t.json: model: appears twice"));
}

std::string DamageName(const testing::TestParamInfo<Damage>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(All, ByteLevelDamageTest, testing::ValuesIn(kByteLevelDamages),
                         DamageName);
INSTANTIATE_TEST_SUITE_P(All, SentencePieceDamageTest, testing::ValuesIn(kSentencePieceDamages),
                         DamageName);

}  // namespace
}  // namespace sotto
