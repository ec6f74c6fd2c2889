// What the tests of tokenizers share.
#ifndef SOTTO_TRUSTED_TOKENIZER_TOKENIZER_TEST_UTIL_H_
#define SOTTO_TRUSTED_TOKENIZER_TOKENIZER_TEST_UTIL_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "trusted/tokenizer/tokenizer.h"

namespace sotto {

using Ids = std::vector<int32_t>;

// REQUIRES: `file` is a valid tokenizer.json.
inline Tokenizer ParsedTokenizer(const nlohmann::json& file) {
  auto tokenizer = Tokenizer::Parse(file.dump(), "t.json");
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
  return *std::move(tokenizer);
}

// {-1}, and a failure, where there is an error.
inline Ids IdsOf(const Tokenizer& tokenizer, std::string_view text,
                 const EncodeOptions& options = {}) {
  const auto ids = tokenizer.Encode(text, options);
  EXPECT_TRUE(ids.ok()) << ids.status();
  return ids.value_or(Ids{-1});
}
inline Ids IdsOf(const nlohmann::json& file, std::string_view text,
                 const EncodeOptions& options = {}) {
  return IdsOf(ParsedTokenizer(file), text, options);
}

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_TOKENIZER_TEST_UTIL_H_
