#include "base/unique_keys.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace sotto {
namespace {

std::optional<std::string> Twice(std::string_view text) {
  const auto plain = KeyGivenTwice<nlohmann::json>(text);
  EXPECT_EQ(KeyGivenTwice<nlohmann::ordered_json>(text), plain);
  return plain;
}

TEST(UniqueKeys, TheFirstThatOneObjectGivesTwice) {
  EXPECT_EQ(Twice(R"({"a":1,"b":{"a":2,"b":[{"a":3},{"a":4}]}})"), std::nullopt);
  EXPECT_EQ(Twice(R"({"a":1,"b":2,"a":3})"), "a");
  EXPECT_EQ(Twice(R"([{"x":{"c":1,"c":2}},{"d":1,"d":2}])"), "c");
  EXPECT_EQ(Twice(R"({"a":1,"\u0061":2})"), "a");
  EXPECT_EQ(Twice(R"([null,true,-1,1,1.5,"s",{"":1,"":2}])"), "");
}

TEST(UniqueKeys, OfTextThatIsNoJsonNothingIsSaid) {
  for (const char* text : {"", "{", "{\"a\":1,\"a", "1e999", "[1,]"}) {
    EXPECT_EQ(Twice(text), std::nullopt) << text;
  }
  EXPECT_EQ(Twice(std::string(1 << 20, '[')), std::nullopt);
}

}  // namespace
}  // namespace sotto
