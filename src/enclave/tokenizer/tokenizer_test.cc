// The shipped model's tokenizer: runs everywhere. The large ones are in golden_test.cc.
#include "enclave/tokenizer/tokenizer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "testing/test_data.h"

namespace sotto {
namespace {

using Ids = std::vector<int32_t>;

Tokenizer Shipped() {
  auto tokenizer = Tokenizer::Load(ShippedModelDir() + "/tokenizer.json");
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
  return *std::move(tokenizer);
}

TEST(TokenizerTest, EncodesReferencePrompts) {
  const Tokenizer tokenizer = Shipped();
  std::ifstream in(ShippedModelDir() + "/reference/reference.json");
  const auto reference = nlohmann::json::parse(in);
  for (const auto& prompt : reference["prompts"]) {
    SCOPED_TRACE(prompt["name"]);
    const std::string text = prompt["text"];
    const auto ids = tokenizer.Encode(text, {.add_bos = true});
    ASSERT_TRUE(ids.ok()) << ids.status();
    const Ids expected = prompt["ids"];  // The first 160 of a long prompt.
    ASSERT_GE(ids->size(), expected.size());
    EXPECT_EQ(Ids(ids->begin(), ids->begin() + expected.size()), expected);
    if (expected.size() < 160) {
      EXPECT_EQ(ids->size(), expected.size());
    }
    const auto decoded = tokenizer.Decode(*ids, {.skip_special = true});
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, text);
  }
}

}  // namespace
}  // namespace sotto
