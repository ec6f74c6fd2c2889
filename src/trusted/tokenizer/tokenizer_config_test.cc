#include "trusted/tokenizer/tokenizer_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "testing/small_tokenizers.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TokenizerFileWarnings WarningsOf(const json& config, bool with_bos) {
  json file = ByteLevelJson();
  if (!with_bos) file["post_processor"] = nullptr;
  const auto tokenizer = Tokenizer::Parse(file.dump(), "t.json");
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
  return TokenizerConfigWarnings(config.dump(), "c.json", *tokenizer);
}

TEST(TokenizerConfigTest, NothingToSayWhereTheFilesAgree) {
  const std::pair<json, bool> agreeing[] = {
      {json::object(), true},
      {json::object(), false},
      {{{"add_bos_token", true}, {"add_eos_token", false}}, true},
      {{{"tokenizer_class", "LlamaTokenizer"}}, true}};
  for (const auto& [config, with_bos] : agreeing) {
    const TokenizerFileWarnings found = WarningsOf(config, with_bos);
    EXPECT_THAT(found.general, IsEmpty());
    EXPECT_EQ(found.bos + found.eos, "");
  }
}

TEST(TokenizerConfigTest, SaysWhereTransformersDiffers) {
  const std::string agree =
      "; Sotto and transformers 5 go by tokenizer.json, transformers 4 goes by add_bos_token; "
      "saving "
      "the tokenizer with transformers 4 makes them agree (docs/tokenizers.md), or BOS can be ";
  EXPECT_EQ(WarningsOf({{"tokenizer_class", "LlamaTokenizerFast"}}, false).bos,
            "c.json: add_bos_token is not given, and so true, but tokenizer.json's post_processor "
            "adds no BOS" +
                agree + "asked for");
  EXPECT_EQ(WarningsOf({{"tokenizer_class", "LlamaTokenizer"}, {"add_bos_token", false}}, true).bos,
            "c.json: add_bos_token is false, but tokenizer.json's post_processor adds BOS" + agree +
                "left out");
  const TokenizerFileWarnings eos =
      WarningsOf({{"tokenizer_class", "LlamaTokenizer"}, {"add_eos_token", true}}, true);
  EXPECT_EQ(eos.bos, "");
  EXPECT_THAT(eos.eos, HasSubstr("c.json: add_eos_token is true, but tokenizer.json's "
                                 "post_processor adds no EOS; "));
  EXPECT_THAT(
      WarningsOf({{"tokenizer_class", "Qwen2Tokenizer"}, {"add_bos_token", false}}, true).bos,
      HasSubstr("adds BOS; Sotto and transformers go by tokenizer.json"));
}

TEST(TokenizerConfigTest, BadFilesAreALineEach) {
  EXPECT_THAT(WarningsOf({{"add_bos_token", "yes"}}, true).general,
              ElementsAre("c.json: add_bos_token: must be true or false"));
  EXPECT_THAT(WarningsOf(json::array(), true).general, ElementsAre("c.json: must be an object"));
  const auto tokenizer = Tokenizer::Parse(ByteLevelJson().dump(), "t.json");
  EXPECT_THAT(TokenizerConfigWarnings("{", "c.json", *tokenizer).general,
              ElementsAre(HasSubstr("not JSON")));
}

}  // namespace
}  // namespace sotto
