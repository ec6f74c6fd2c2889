#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sotto/scoring.h"

namespace sotto {
namespace {

TextWindows Windows(size_t tokens, const WindowOptions& options) {
  return *TextWindows::Create(tokens, options);
}

// The loop of Hugging Face's page on the perplexity of fixed-length models; the labels that its
// model shifts away are the tokens at each window's beginning.
std::vector<TextWindow> HuggingFaceLoop(size_t tokens, size_t length, size_t stride) {
  std::vector<TextWindow> windows;
  size_t previous_end = 0;
  for (size_t begin = 0; begin < tokens; begin += stride) {
    const size_t end = std::min(begin + length, tokens), targets = end - previous_end;
    windows.push_back({begin, end, std::max(end - targets, begin + 1), false});
    previous_end = end;
    if (end == tokens) break;
  }
  return windows;
}

TEST(TextWindows, AreThoseOfHuggingFacesLoop) {
  for (size_t tokens = 1; tokens < 40; ++tokens) {
    for (const size_t length : {2, 3, 7, 8}) {
      for (size_t stride = 1; stride <= length; ++stride) {
        const TextWindows windows = Windows(tokens, {.length = length, .stride = stride});
        const std::vector<TextWindow> want = HuggingFaceLoop(tokens, length, stride);
        ASSERT_EQ(windows.size(), want.size()) << tokens << " " << length << " " << stride;
        for (size_t i = 0; i < want.size(); ++i) EXPECT_EQ(windows[i], want[i]);
      }
    }
  }
}

TEST(TextWindows, ThatOverlapScoreEveryTokenButTheFirstOnce) {
  const TextWindows windows = Windows(1000, {.length = 64, .stride = 24});
  size_t next = 1;
  for (size_t i = 0; i < windows.size(); ++i) {
    EXPECT_EQ(windows[i].first_token, next);
    next = windows[i].end;
  }
  EXPECT_EQ(next, 1000u);
}

// llama-perplexity: first = n_ctx / 2, and n_ctx - 1 - first tokens scored from logits `first` on.
TEST(TextWindows, OfLlamaCppScoreSecondHalves) {
  const TextWindows windows = Windows(100, {.length = 32, .count = WindowCount::kLlamaCpp});
  ASSERT_EQ(windows.size(), 3u);
  EXPECT_EQ(windows[2], (TextWindow{64, 96, 64 + 17, true}));
  EXPECT_EQ(Windows(31, {.length = 32, .count = WindowCount::kLlamaCpp}).size(), 0u);
}

TEST(TextWindows, OfOtherOptionsAreNone) {
  const auto reason = [](const WindowOptions& options) {
    return std::string(TextWindows::Create(100, options).status().message());
  };
  EXPECT_EQ(reason({}), "length: must be at least 2");
  EXPECT_EQ(reason({.length = 1, .stride = 1}), "length: must be at least 2");
  EXPECT_EQ(reason({.length = 8}), "stride: must be 1 to length");
  EXPECT_EQ(reason({.length = 8, .stride = 9}), "stride: must be 1 to length");
  EXPECT_EQ(reason({.length = 8, .stride = 4, .count = static_cast<WindowCount>(7)}),
            "count: no such way to count");
}

}  // namespace
}  // namespace sotto
