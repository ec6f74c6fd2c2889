#include "attest/canonical_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>

namespace sotto {
namespace {

using nlohmann::json;

std::string Canonical(std::string_view text) {
  const auto canonical = CanonicalJson(json::parse(text));
  EXPECT_TRUE(canonical.ok()) << canonical.status();
  return canonical.value_or("");
}

// RFC 8785, section 3.2.2 and 3.2.3.
TEST(CanonicalJsonTest, ThePrimitivesOfTheRfc) {
  EXPECT_EQ(Canonical(R"({
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  })"),
            "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
            "\"string\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

// RFC 8785, section 3.2.3.
TEST(CanonicalJsonTest, MembersAreInTheOrderOfUtf16) {
  EXPECT_EQ(Canonical(R"({
    "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis"
  })"),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"\u00f6\":\"Latin "
            "Small Letter O With Diaeresis\",\"\u20ac\":\"Euro Sign\",\"\U0001F600\":\"Emoji: "
            "Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}");
  EXPECT_EQ(Canonical(R"({"ab":1,"a":2,"":3,"aa":4})"), R"({"":3,"a":2,"aa":4,"ab":1})");
  EXPECT_EQ(Canonical("{\"x\ufb33\":1,\"x\U0001F600\":2,\"x\ud7ff\":3}"),
            "{\"x\ud7ff\":3,\"x\U0001F600\":2,\"x\ufb33\":1}");
}

// RFC 8785, appendix B.
TEST(CanonicalJsonTest, TheNumbersOfTheRfc) {
  const std::pair<uint64_t, const char*> numbers[] = {
      {0x0000000000000000, "0"},
      {0x8000000000000000, "0"},
      {0x0000000000000001, "5e-324"},
      {0x8000000000000001, "-5e-324"},
      {0x7fefffffffffffff, "1.7976931348623157e+308"},
      {0xffefffffffffffff, "-1.7976931348623157e+308"},
      {0x4340000000000000, "9007199254740992"},
      {0xc340000000000000, "-9007199254740992"},
      {0x4430000000000000, "295147905179352830000"},
      {0x44b52d02c7e14af5, "9.999999999999997e+22"},
      {0x44b52d02c7e14af6, "1e+23"},
      {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
      {0x444b1ae4d6e2ef4e, "999999999999999700000"},
      {0x444b1ae4d6e2ef4f, "999999999999999900000"},
      {0x444b1ae4d6e2ef50, "1e+21"},
      {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
      {0x3eb0c6f7a0b5ed8d, "0.000001"},
      {0x41b3de4355555553, "333333333.3333332"},
      {0x41b3de4355555554, "333333333.33333325"},
      {0x41b3de4355555555, "333333333.3333333"},
      {0x41b3de4355555556, "333333333.3333334"},
      {0x41b3de4355555557, "333333333.33333343"},
      {0xbecbf647612f3696, "-0.0000033333333333333333"},
      {0x43143ff3c1cb0959, "1424953923781206.2"},
  };
  for (const auto& [bits, text] : numbers) {
    EXPECT_EQ(CanonicalNumber(std::bit_cast<double>(bits)), text);
  }
}

TEST(CanonicalJsonTest, EveryNumberReadsBack) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (value != value || value - value != 0) continue;  // NaN, infinity
    ASSERT_EQ(std::strtod(CanonicalNumber(value).c_str(), nullptr), value);
  }
}

TEST(CanonicalJsonTest, WhatReadersRoundHasNoForm) {
  EXPECT_EQ(Canonical("[9007199254740991,-9007199254740991]"),
            "[9007199254740991,-9007199254740991]");
  for (const char* text :
       {"[9007199254740992]", "{\"a\":-9007199254740992}", "[18446744073709551615]"}) {
    EXPECT_EQ(CanonicalJson(json::parse(text)).status().code(), absl::StatusCode::kInvalidArgument)
        << text;
  }
}

}  // namespace
}  // namespace sotto
