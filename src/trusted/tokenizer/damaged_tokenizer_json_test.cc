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
    {"WordPiece", [](json& j) { j["model"]["type"] = "WordPiece"; }, kUnimplemented,
     "model: type WordPiece is not supported (supported: BPE, Unigram)"},
    {"NeitherTypeNorMerges",
     [](json& j) {
       j["model"].erase("type");
       j["model"].erase("merges");
     },
     kInvalid, "model.type: missing"},
    {"UnigramOfPairs", [](json& j) { j["model"]["type"] = "Unigram"; }, kInvalid,
     "model.vocab: must be an array"},
    {"UnigramWithoutScores",
     [](json& j) {
       j["model"] = {{"type", "Unigram"}, {"vocab", json::array({json::array({"a"})})}};
     },
     kInvalid, "model.vocab[0]: must be a token and its score"},
    {"UnigramLongToken",
     [](json& j) {
       j["model"] = {{"type", "Unigram"},
                     {"vocab", json::array({json::array({std::string(257, 'a'), 0.5})})}};
     },
     kInvalid, "model.vocab[0]: token is longer than 256 bytes"},
    {"UnigramUnknownBeyondVocab",
     [](json& j) {
       j["model"] = {
           {"type", "Unigram"}, {"unk_id", 1}, {"vocab", json::array({json::array({"a", 0.5})})}};
     },
     kInvalid, "model.unk_id: is not in vocab"},
    {"IdFarBeyondOthers", [](json& j) { j["model"]["vocab"]["a"] = 66576; }, kInvalid,
     "id is out of range: not below 66576"},
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
    {"UnkIsNumber", [](json& j) { j["model"]["unk_token"] = 0; }, kInvalid,
     "model.unk_token: must be a string"},
    {"IgnoreMergesIsString", [](json& j) { j["model"]["ignore_merges"] = "yes"; }, kInvalid,
     "model.ignore_merges: must be true or false"},
    {"Dropout", [](json& j) { j["model"]["dropout"] = 0.1; }, kUnimplemented,
     "model.dropout: a value above 0 is not supported"},
    {"AddedTokensIsObject", [](json& j) { j["added_tokens"] = json::object(); }, kInvalid,
     "added_tokens: must be an array"},
    {"AddedWithoutId", [](json& j) { j["added_tokens"][0].erase("id"); }, kInvalid,
     "added_tokens[0].id: missing"},
    {"AddedIdIsString", [](json& j) { j["added_tokens"][0]["id"] = "260"; }, kInvalid,
     "added_tokens[0].id: must be an integer"},
    {"AddedIdNegative", [](json& j) { j["added_tokens"][0]["id"] = -4; }, kInvalid,
     "added_tokens[0].id: id is out of range"},
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
       steps = {{{"type", "Sequence"}, {"pretokenizers", ManyTimes(split, 8)}}, split};
     },
     kInvalid, "pre_tokenizer.pretokenizers[1]: has more than 8 steps in all"},
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
    {"Normalizer",
     [](json& j) {
       j["normalizer"] = {{"type", "BertNormalizer"}};
     },
     kUnimplemented,
     "normalizer: type BertNormalizer is not supported (supported: Prepend, Replace, NFC"},
    {"UnicodeScripts",
     [](json& j) {
       j["pre_tokenizer"]["pretokenizers"][0] = {{"type", "UnicodeScripts"}};
     },
     kUnimplemented, "pre_tokenizer.pretokenizers[0]: type UnicodeScripts is not supported"},
    {"MetaspaceWord",
     [](json& j) {
       j["pre_tokenizer"] = {{"type", "Metaspace"}, {"replacement", "ab"}};
     },
     kInvalid, "pre_tokenizer.replacement: must be one character"},
    {"MetaspaceContradicts",
     [](json& j) {
       j["pre_tokenizer"] = {{"type", "Metaspace"},
                             {"replacement", "_"},
                             {"add_prefix_space", false},
                             {"prepend_scheme", "always"}};
     },
     kInvalid, "pre_tokenizer.add_prefix_space: contradicts prepend_scheme"},
    {"NoPrefixSpaceAndNoScheme",
     [](json& j) {
       j["pre_tokenizer"] = {
           {"type", "Metaspace"}, {"replacement", "_"}, {"add_prefix_space", false}};
     },
     kInvalid, "pre_tokenizer.add_prefix_space: contradicts prepend_scheme"},
    {"UnknownMember", [](json& j) { j["normaliser"] = nullptr; }, kUnimplemented,
     "member normaliser is not supported (supported: version,"},
    {"OtherVersion", [](json& j) { j["version"] = "1.1"; }, kUnimplemented,
     "version: 1.1 is not supported (supported: 1.0)"},
    {"VersionIsNull", [](json& j) { j["version"] = nullptr; }, kInvalid,
     "version: must be a string"},
    {"ModelTypeIsNull", [](json& j) { j["model"]["type"] = nullptr; }, kInvalid,
     "model.type: must be a string"},
    {"MergesOfTwoForms",
     [](json& j) {
       j["model"]["merges"][1] = {"ab", "c"};
     },
     kInvalid, "model.merges[1]: is of another form than the first"},
    {"AddedTokensIsNull", [](json& j) { j["added_tokens"] = nullptr; }, kInvalid,
     "added_tokens: must be an array"},
    {"AddedWithoutLstrip", [](json& j) { j["added_tokens"][1].erase("lstrip"); }, kInvalid,
     "added_tokens[1].lstrip: missing"},
    {"AddedWithoutNormalized", [](json& j) { j["added_tokens"][1].erase("normalized"); }, kInvalid,
     "added_tokens[1].normalized: missing"},
    {"StripWithoutSide",
     [](json& j) {
       j["normalizer"] = {{"type", "Strip"}, {"strip_left", true}};
     },
     kInvalid, "normalizer.strip_right: missing"},
    {"DigitsOfNoKind",
     [](json& j) {
       j["pre_tokenizer"] = {{"type", "Digits"}};
     },
     kInvalid, "pre_tokenizer.individual_digits: missing"},
    {"SplitWithoutInvert", [](json& j) { j["pre_tokenizer"]["pretokenizers"][0].erase("invert"); },
     kInvalid, "pre_tokenizer.pretokenizers[0].invert: missing"},
    {"SplitByTwoPatterns",
     [](json& j) { j["pre_tokenizer"]["pretokenizers"][0]["pattern"]["String"] = "a"; }, kInvalid,
     "pre_tokenizer.pretokenizers[0].pattern: must have one member, Regex or String"},
    {"ReplaceOfTwoPatterns",
     [](json& j) {
       j["normalizer"] = {
           {"type", "Replace"}, {"pattern", {{"String", "a"}, {"Regex", "b"}}}, {"content", "c"}};
     },
     kInvalid, "normalizer.pattern: must have one member, Regex or String"},
    {"ByteLevelWithoutOffsets",
     [](json& j) { j["pre_tokenizer"]["pretokenizers"][1].erase("trim_offsets"); }, kInvalid,
     "pre_tokenizer.pretokenizers[1].trim_offsets: missing"},
    {"UseRegexIsNull",
     [](json& j) { j["pre_tokenizer"]["pretokenizers"][1]["use_regex"] = nullptr; }, kInvalid,
     "pre_tokenizer.pretokenizers[1].use_regex: must be true or false"},
    {"ByteLevelDecoderWithoutPrefix", [](json& j) { j["decoder"].erase("add_prefix_space"); },
     kInvalid, "decoder.add_prefix_space: missing"},
    {"ByteLevelPostProcessorWithoutPrefix",
     [](json& j) {
       j["post_processor"] = {{"type", "ByteLevel"}, {"trim_offsets", true}};
     },
     kInvalid, "post_processor.add_prefix_space: missing"},
    {"TemplateWithoutPair", [](json& j) { j["post_processor"].erase("pair"); }, kInvalid,
     "post_processor.pair: missing"},
    {"TemplateWithoutTypeId",
     [](json& j) { j["post_processor"]["single"][1]["Sequence"].erase("type_id"); }, kInvalid,
     "post_processor.single[1].Sequence.type_id: missing"},
    {"SplitByNothing",
     [](json& j) {
       j["pre_tokenizer"]["pretokenizers"][0]["pattern"] = {{"Bytes", " "}};
     },
     kUnimplemented, "pre_tokenizer.pretokenizers[0].pattern: a pattern without Regex or String"},
    {"SplitSideways",
     [](json& j) { j["pre_tokenizer"]["pretokenizers"][0]["behavior"] = "Sideways"; },
     kUnimplemented, "pre_tokenizer.pretokenizers[0]: behavior Sideways"},
    {"BadRegex", [](json& j) { j["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "(a"; },
     kInvalid, "pre_tokenizer.pretokenizers[0].pattern.Regex: regular expression does not compile"},
    {"UnknownClass",
     [](json& j) { j["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "\\X+"; },
     kUnimplemented, "regular expression uses \\X, which is not supported"},
    {"PostProcessor",
     [](json& j) {
       j["post_processor"] = {{"type", "Unheard"}};
     },
     kUnimplemented, "post_processor: type Unheard is not supported"},
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
                         {"normalizers", ManyTimes(j["normalizer"]["normalizers"][1], 5)}};
       j["normalizer"]["normalizers"] = {two, two};
     },
     kInvalid, "normalizer.normalizers[1].normalizers[3]: has more than 8 steps in all"},
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
    {"StripNegative", [](json& j) { j["decoder"]["decoders"][3]["start"] = -1; }, kInvalid,
     "decoder.decoders[3].start: must be 0 .. 1000"},
    {"StripWord", [](json& j) { j["decoder"]["decoders"][3]["content"] = "ab"; }, kInvalid,
     "decoder.decoders[3].content: must be one character"},
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
