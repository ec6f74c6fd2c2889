#include "trusted/tokenizer/tokenizer_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "testing/small_tokenizers.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> WarningsOf(const json& config, bool with_bos) {
  json file = ByteLevelJson();
  if (!with_bos) file["post_processor"] = nullptr;
  const auto tokenizer = Tokenizer::Parse(file.dump(), "t.json");
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
  return TokenizerConfigWarnings(config.dump(), "c.json", *tokenizer);
}

TEST(TokenizerConfigTest, NothingToSayWhereTheFilesAgree) {
  EXPECT_THAT(WarningsOf(json::object(), true), IsEmpty());
  EXPECT_THAT(WarningsOf(json::object(), false), IsEmpty());
  EXPECT_THAT(WarningsOf({{"add_bos_token", true}, {"add_eos_token", false}}, true), IsEmpty());
  EXPECT_THAT(WarningsOf({{"tokenizer_class", "LlamaTokenizer"}}, true), IsEmpty());
}

TEST(TokenizerConfigTest, SaysWhereTransformersDiffers) {
  EXPECT_THAT(WarningsOf({{"tokenizer_class", "LlamaTokenizerFast"}}, false),
              ElementsAre(AllOf(HasSubstr("c.json: add_bos_token is true"),
                                HasSubstr("transformers 4 goes by the former"))));
  EXPECT_THAT(WarningsOf({{"tokenizer_class", "LlamaTokenizer"}, {"add_eos_token", true}}, true),
              ElementsAre(HasSubstr("adds no EOS")));
  EXPECT_THAT(WarningsOf({{"tokenizer_class", "Qwen2Tokenizer"}, {"add_bos_token", false}}, true),
              ElementsAre(HasSubstr("so it does in transformers")));
}

TEST(TokenizerConfigTest, BadFilesAreALineEach) {
  EXPECT_THAT(WarningsOf({{"add_bos_token", "yes"}}, true),
              ElementsAre("c.json: add_bos_token: must be true or false"));
  EXPECT_THAT(WarningsOf(json::array(), true), ElementsAre("c.json: must be an object"));
  const auto tokenizer = Tokenizer::Parse(ByteLevelJson().dump(), "t.json");
  EXPECT_THAT(TokenizerConfigWarnings("{", "c.json", *tokenizer),
              ElementsAre(HasSubstr("not JSON")));
}

}  // namespace
}  // namespace sotto
