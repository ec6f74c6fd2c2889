#include "cli/prompt_warnings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/strings.h"

namespace sotto {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<Prompt> Prompts(size_t count) {
  std::vector<Prompt> prompts;
  for (size_t i = 0; i < count; ++i) {
    prompts.push_back({.text = "hunter2", .source = StrCat("F: line ", i + 1)});
  }
  return prompts;
}

TEST(PromptWarnings, NameThePromptsAndNothingOfThem) {
  const BatchRows rows{.truncated = {0, 2}, .doubled_bos = {1}};
  EXPECT_THAT(
      PromptWarnings(Prompts(3), rows, Truncation::kRight, Platform::kNone),
      ElementsAre("prompts longer than --prefill-length lose their last tokens; raise it, or see "
                  "--truncate (2 of 3): F: line 1, F: line 3",
                  "prompts begin with the BOS token that the tokenizer adds to every text, "
                  "so they have it twice; see --bos, --special-tokens (1 of 3): F: line 2"));
  EXPECT_THAT(
      PromptWarnings(Prompts(3), {.truncated = {1}}, Truncation::kLeft, Platform::kNone),
      ElementsAre("prompts longer than --prefill-length lose their first tokens; raise it, or see "
                  "--truncate (1 of 3): F: line 2"));
}

TEST(PromptWarnings, AreNoneWhereThereIsNothingToSay) {
  EXPECT_THAT(PromptWarnings(Prompts(3), {}, Truncation::kRight, Platform::kNone), IsEmpty());
}

TEST(PromptWarnings, NameTheFirstFewOfMany) {
  BatchRows rows;
  for (size_t i = 0; i < 100; ++i) rows.doubled_bos.push_back(i);
  const auto warnings =
      PromptWarnings(Prompts(100), rows, Truncation::kRight, Platform::kGramineDirect);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], testing::EndsWith("(100 of 100): F: line 1, F: line 2, F: line 3, F: "
                                             "line 4, F: line 5, F: line 6, F: line 7, F: line 8, "
                                             "and 92 more"));
}

// Whoever owns the machine reads what a TEE writes to stderr: which prompts are long is not theirs.
TEST(PromptWarnings, AreKeptFromTheHostOfATee) {
  const BatchRows rows{.truncated = {0}, .doubled_bos = {0}};
  for (const Platform platform : {Platform::kGramineSgx, Platform::kTdxGuest}) {
    EXPECT_THAT(PromptWarnings(Prompts(1), rows, Truncation::kRight, platform), IsEmpty());
  }
}

}  // namespace
}  // namespace sotto
