// JSON that nests without end is refused by every parser of this folder in one line, instead of
// taking the process's stack.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <span>
#include <string>

#include "base/strings.h"
#include "model/config.h"
#include "model/safetensors.h"
#include "model/sealed_directory.h"
#include "model/shard_index.h"
#include "testing/safetensors_bytes.h"

namespace sotto {
namespace {

constexpr size_t kLevels = 1 << 20;

// Where the parser only opens, and where everything is closed again: then there is a document,
// which is copied, walked and freed.
std::string Open() { return StrCat("{\"a\":", std::string(kLevels, '[')); }
std::string Closed() { return StrCat(Open(), std::string(kLevels, ']'), "}"); }

std::span<const uint8_t> Bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

void ExpectTooDeep(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_EQ(status.message(), "F: nests deeper than 64 levels, at byte 68");
}

TEST(DeepJson, IsRefusedByEveryParser) {
  for (const std::string& json : {Open(), Closed()}) {
    ExpectTooDeep(ParseConfig(json, "F").status());
    ExpectTooDeep(ParseShardIndex(json, "F").status());
    const std::string tensors = SafetensorsBytes(json, "");
    ExpectTooDeep(ParseSafetensorsHeader(Bytes(tensors), tensors.size(), "F").status());
    ExpectTooDeep(ParseSealedDirectory(Bytes(tensors), "F").status());
  }
}

}  // namespace
}  // namespace sotto
