#include "trusted/tokenizer/tokenizer_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "testing/small_tokenizers.h"
#include "trusted/tokenizer/tokenizer.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

TEST(TokenizerJsonTest, UndamagedFilesAreAccepted) {
  for (const json& file : {ByteLevelJson(), SentencePieceJson()}) {
    const auto tokenizer = Tokenizer::Parse(file.dump(), "t.json");
    EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
  }
}

TEST(TokenizerJsonTest, EveryTruncationIsDataLoss) {
  const std::string whole = ByteLevelJson().dump();
  for (size_t length = 0; length < whole.size(); length += 97) {
    const auto tokenizer = Tokenizer::Parse(whole.substr(0, length), "t.json");
    ASSERT_EQ(tokenizer.status().code(), absl::StatusCode::kDataLoss) << length;
    EXPECT_THAT(std::string(tokenizer.status().message()), StartsWith("t.json: not JSON"));
  }
}

// A JSON library cannot write a name twice; a file can.
TEST(TokenizerJsonTest, TokenThereTwiceIsRefused) {
  std::string text = ByteLevelJson().dump();
  const size_t at = text.find("\"a\":");
  ASSERT_NE(at, std::string::npos);
  text.insert(at, "\"a\":261,");
  const auto tokenizer = Tokenizer::Parse(text, "t.json");
  EXPECT_THAT(std::string(tokenizer.status().message()), HasSubstr("token appears twice"));
}

// Hugging Face's library takes them, and crashes when it encodes a text.
TEST(TokenizerJsonTest, WhatCrashesTheReferenceIsRefused) {
  const auto refused = [](const char* part, const json& value, const std::string& what) {
    json file = ByteLevelJson();
    file[part] = value;
    const absl::Status status = Tokenizer::Parse(file.dump(), "t.json").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(what));
  };
  refused("normalizer", {{"type", "Prepend"}, {"prepend", ""}}, "normalizer.prepend: must not be");
  for (const char* kind : {"String", "Regex"}) {
    refused("normalizer", {{"type", "Replace"}, {"pattern", {{kind, ""}}}, {"content", "x"}},
            std::string("normalizer.pattern.") + kind + ": must not be empty");
  }
  const json text = {{"Sequence", {{"id", "B"}, {"type_id", 0}}}};
  refused("post_processor",
          {{"type", "TemplateProcessing"}, {"single", {text}}, {"special_tokens", json::object()}},
          "post_processor.single[0].Sequence.id: must be A");
  const json token = {{"SpecialToken", {{"id", "<none>"}, {"type_id", 0}}}};
  refused("post_processor",
          {{"type", "TemplateProcessing"}, {"single", {token}}, {"special_tokens", json::object()}},
          "<none>");
  json affix = ByteLevelJson()["model"];
  affix["continuing_subword_prefix"] = "####";
  refused("model", affix, "shorter than continuing_subword_prefix");
}

TEST(TokenizerJsonTest, MissingFileIsNotFound) {
  const auto tokenizer = Tokenizer::Load("/nonexistent/tokenizer.json");
  EXPECT_EQ(tokenizer.status().code(), absl::StatusCode::kNotFound);
}

TEST(TokenizerJsonTest, MergesMayBePairs) {
  json file = ByteLevelJson();
  for (json& merge : file["model"]["merges"]) {
    const std::string text = merge;
    const size_t space = text.find(' ');
    merge = {text.substr(0, space), text.substr(space + 1)};
  }
  const auto pairs = Tokenizer::Parse(file.dump(), "t.json");
  const auto strings = Tokenizer::Parse(ByteLevelJson().dump(), "t.json");
  ASSERT_TRUE(pairs.ok()) << pairs.status();
  EXPECT_EQ(*pairs->Encode("abc ab", {}), *strings->Encode("abc ab", {}));
}

}  // namespace
}  // namespace sotto
