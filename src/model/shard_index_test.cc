#include "model/shard_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/strings.h"

namespace sotto {
namespace {

using testing::HasSubstr;

void ExpectIndexRefused(const std::string& json, absl::StatusCode code, const std::string& what) {
  const absl::Status status = ParseShardIndex(json, "I").status();
  EXPECT_EQ(status.code(), code) << json;
  EXPECT_THAT(std::string(status.message()), HasSubstr("I: "));
  EXPECT_THAT(std::string(status.message()), HasSubstr(what));
}

TEST(ShardIndexTest, Reads) {
  const auto index = ParseShardIndex(
      R"({"metadata":{"total_size":12.0},"weight_map":{"a":"x.safetensors","b":"y.safetensors"}})",
      "I");
  ASSERT_TRUE(index.ok()) << index.status();
  EXPECT_EQ(index->size(), 2u);
  EXPECT_EQ(index->at("b"), "y.safetensors");
}

TEST(ShardIndexTest, WhatIsWrittenReadsBack) {
  const ShardIndex index = {{"a", ShardName(0, 2)}, {"b", ShardName(1, 2)}};
  EXPECT_EQ(ShardName(0, 2), "model-00001-of-00002.safetensors");
  EXPECT_EQ(*ParseShardIndex(ShardIndexToJson(index, 7), "I"), index);
}

// An index must not reach a file outside its directory.
TEST(ShardIndexTest, PathTraversal) {
  for (const char* name : {"../x.safetensors", "/etc/x.safetensors", "a/b.safetensors",
                           "..\\\\x.safetensors", ".x.safetensors", "x.safetensors/..", "",
                           ".safetensors", "..", "x.bin", "x\\u0000.safetensors"}) {
    ExpectIndexRefused(StrCat("{\"weight_map\":{\"a\":\"", name, "\"}}"),
                       absl::StatusCode::kInvalidArgument, "not the name of a shard");
  }
}

TEST(ShardIndexTest, Damaged) {
  constexpr auto kDataLoss = absl::StatusCode::kDataLoss;
  for (const char* json : {"", "{", "[]", "{\"weight_map\":{\"a\":\"x.safetensors\"}"}) {
    ExpectIndexRefused(json, kDataLoss, "not a JSON object");
  }
  ExpectIndexRefused("{}", kDataLoss, "no weight_map");
  ExpectIndexRefused("{\"weight_map\":[]}", kDataLoss, "no weight_map");
  ExpectIndexRefused("{\"weight_map\":{}}", kDataLoss, "empty");
  ExpectIndexRefused("{\"weight_map\":{\"a\":1}}", kDataLoss, "\"a\"");
  ExpectIndexRefused("{\"weight_map\":{\"a\":\"x.safetensors\",\"a\":\"y.safetensors\"}}",
                     kDataLoss, "twice");
  ExpectIndexRefused(
      "{\"weight_map\":{\"a\":\"x.safetensors\"},\"weight_map\":{\"a\":\"y.safetensors\"}}",
      kDataLoss, "weight_map twice");
}

}  // namespace
}  // namespace sotto
