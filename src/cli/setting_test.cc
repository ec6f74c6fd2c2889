#include "cli/setting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include "cli/command.h"

namespace sotto {
namespace {

using testing::HasSubstr;

constexpr char kVariable[] = "SOTTO_SETTING_TEST";

class SettingTest : public testing::Test {
 protected:
  void SetUp() override { unsetenv(kVariable); }
  void TearDown() override { unsetenv(kVariable); }
  void Parse(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 wants them so.
    app_.parse(arguments);
  }

  CLI::App app_;
  Setting setting_{app_,
                   {.flag = "--n",
                    .placeholder = "N",
                    .help = "A number",
                    .variable = kVariable,
                    .default_value = "5"}};
};

TEST_F(SettingTest, FlagBeatsVariableBeatsDefault) {
  Parse({});
  EXPECT_EQ(setting_.value(), "5");
  EXPECT_FALSE(setting_.given());
  setenv(kVariable, "6", 1);
  EXPECT_EQ(setting_.value(), "6");
  EXPECT_EQ(setting_.source(), kVariable);
  EXPECT_TRUE(setting_.given());
  EXPECT_FALSE(setting_.given_by_flag());
  Parse({"--n", "7"});
  EXPECT_EQ(setting_.value(), "7");
  EXPECT_EQ(setting_.source(), "--n");
}

TEST_F(SettingTest, ListsRepeatedFlagsOrWhatCommasPart) {
  setting_.AllowRepeats();
  Parse({});
  EXPECT_THAT(setting_.List(), testing::ElementsAre("5"));
  setenv(kVariable, "6,,7", 1);
  EXPECT_THAT(setting_.List(), testing::ElementsAre("6", "", "7"));
  setenv(kVariable, " 6 ,\t, 7 8,", 1);
  EXPECT_THAT(setting_.List(), testing::ElementsAre("6", "", "7 8"));
  Parse({"--n", "8,9", "--n", "10"});
  EXPECT_THAT(setting_.List(), testing::ElementsAre("8,9", "10"));
}

TEST_F(SettingTest, AnEmptyVariableIsUnset) {
  setenv(kVariable, "", 1);
  Parse({});
  EXPECT_EQ(setting_.value(), "5");
  EXPECT_FALSE(setting_.given());
}

TEST_F(SettingTest, AnEmptyFlagIsGiven) {
  setenv(kVariable, "6", 1);
  Parse({"--n", ""});
  EXPECT_EQ(setting_.value(), "");
  EXPECT_TRUE(setting_.given());
}

TEST_F(SettingTest, ValuesAreTakenAsTheyAre) {
  for (const std::string value : {"{}", "[a,b]", "-1", "%%", "a b", "\"q\""}) {
    Parse({"--n=" + value});
    EXPECT_EQ(setting_.value(), value);
  }
}

TEST_F(SettingTest, IntegerRefusesWhatIsNoneNamingTheSource) {
  for (const char* value : {"", "x", "1x", " 1", "+1", "1.5", "0x10", "-1", "0", "101", "1e2",
                            "99999999999999999999"}) {
    Parse({"--n", value});
    const absl::Status status = setting_.Integer(1, 100).status();
    EXPECT_TRUE(IsUsageError(status)) << value;
    EXPECT_THAT(std::string(status.message()), HasSubstr("--n: "));
    EXPECT_THAT(std::string(status.message()), HasSubstr("from 1 to 100"));
  }
  Parse({"--n=100"});
  EXPECT_EQ(setting_.Integer(1, 100).value(), 100);
}

TEST_F(SettingTest, IntegerNamesTheVariable) {
  setenv(kVariable, "many", 1);
  Parse({});
  const absl::Status status = setting_.Integer(1, 100).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("SOTTO_SETTING_TEST: \"many\" is not"));
}

TEST_F(SettingTest, ChoiceListsWhatItWants) {
  constexpr std::array<std::string_view, 3> kChoices = {"a", "b", "c"};
  Parse({"--n=b"});
  EXPECT_EQ(setting_.Choice(kChoices).value(), 1u);
  Parse({"--n=B"});
  EXPECT_THAT(std::string(setting_.Choice(kChoices).status().message()),
              HasSubstr("--n: \"B\" is not one of a, b or c"));
}

TEST_F(SettingTest, HelpNamesDefaultAndVariable) {
  EXPECT_THAT(app_.help(), HasSubstr("A number (5) [SOTTO_SETTING_TEST]"));
}

}  // namespace
}  // namespace sotto
