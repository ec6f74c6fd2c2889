#include "base/closest_word.h"

#include <gtest/gtest.h>

#include <vector>

namespace sotto {
namespace {

const std::vector<std::string>& Known() {
  static const auto& known =
      *new std::vector<std::string>{"--model", "--prompt", "--prompts", "prefill", "--no-relay"};
  return known;
}

TEST(ClosestWordTest, FindsWhatWasMeant) {
  EXPECT_EQ(ClosestWord("--modle", Known()), "--model");
  EXPECT_EQ(ClosestWord("--promts", Known()), "--prompts");
  EXPECT_EQ(ClosestWord("--prompts", Known()), "--prompts");
  EXPECT_EQ(ClosestWord("prefil", Known()), "prefill");
  EXPECT_EQ(ClosestWord("--norelay", Known()), "--no-relay");
}

TEST(ClosestWordTest, TakesABeginningForTheOnlyWordThatGoesOnFromIt) {
  const std::vector<std::string> known = {"--api-key-file", "--tls-key", "--prompt", "--prompts"};
  EXPECT_EQ(ClosestWord("--api-key", known), "--api-key-file");
  EXPECT_EQ(ClosestWord("--promp", known), "--prompt");
  EXPECT_EQ(ClosestWord("--a", known), "");
}

TEST(ClosestWordTest, SaysNothingWhereNothingIsClose) {
  for (const char* word : {"", "x", "--temperature", "decode"}) {
    EXPECT_EQ(ClosestWord(word, Known()), "") << word;
  }
  EXPECT_EQ(ClosestWord(std::string(1000, 'm'), Known()), "");
  EXPECT_EQ(ClosestWord("--model", {}), "");
}

}  // namespace
}  // namespace sotto
