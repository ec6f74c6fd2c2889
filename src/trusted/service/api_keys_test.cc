#include "trusted/service/api_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sotto {
namespace {

using testing::HasSubstr;

TEST(ApiKeysTest, AdmitsEveryKeyAndNoOther) {
  const auto keys =
      ApiKeys::Parse("# of the clinic\n0123456789abcdef\r\n\n  second-key-of-some-length \n");
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_TRUE(keys->Admit("Bearer 0123456789abcdef"));
  EXPECT_TRUE(keys->Admit("bearer  second-key-of-some-length"));
  for (const char* wrong : {"", "Bearer ", "Bearer 0123456789abcdeg", "Bearer 0123456789abcde",
                            "Bearer 0123456789abcdef0", "Basic 0123456789abcdef",
                            "0123456789abcdef", "Bearer # of the clinic"}) {
    EXPECT_FALSE(keys->Admit(wrong)) << wrong;
  }
}

TEST(ApiKeysTest, NoneMeansEverybody) {
  EXPECT_FALSE(ApiKeys().required());
  EXPECT_TRUE(ApiKeys().Admit(""));
}

TEST(ApiKeysTest, RefusesByTheLine) {
  for (const auto& [text, message] : {std::pair{"", "has no key"},
                                      {"# nothing\n", "has no key"},
                                      {"0123456789abcdef\nshort\n", "line 2: "},
                                      {"0123456789 abcdef", "line 1: "},
                                      {"0123456789abcdef\xc3\xa9", "line 1: "}}) {
    const absl::Status status = ApiKeys::Parse(text).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
  }
}

TEST(ApiKeysTest, AListIsAsGoodAsAText) {
  const auto keys = ApiKeys::FromList({"0123456789abcdef", "#-is-a-character-here"});
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(keys->OwnerOf("Bearer #-is-a-character-here"), 2u);
  EXPECT_FALSE(keys->Admit("Bearer 0123456789abcdeg"));
  EXPECT_EQ(ApiKeys::FromList({}).status().message(), "has no key");
  EXPECT_THAT(std::string(ApiKeys::FromList({"0123456789abcdef", "sh0rt"}).status().message()),
              testing::AllOf(HasSubstr("element 1: "), testing::Not(HasSubstr("sh0rt"))));
  EXPECT_THAT(ApiKeys::Of("# none\n one \n\ntwo"), testing::ElementsAre("one", "two"));
}

}  // namespace
}  // namespace sotto
