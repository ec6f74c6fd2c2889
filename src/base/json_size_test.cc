#include "base/json_size.h"

#include <gtest/gtest.h>

#include <string>

namespace sotto {
namespace {

bool Passes(std::string_view text, size_t nodes, size_t scalars) {
  return CheckJsonSize(text, {.nodes = nodes, .scalars = scalars}, "it").ok();
}

// Exactly so many of each are in the text.
void ExpectSize(std::string_view text, size_t nodes, size_t scalars) {
  EXPECT_TRUE(Passes(text, nodes, scalars)) << text;
  if (nodes > 0) {
    EXPECT_FALSE(Passes(text, nodes - 1, scalars)) << text;
  }
  if (scalars > 0) {
    EXPECT_FALSE(Passes(text, nodes, scalars - 1)) << text;
  }
}

TEST(JsonSize, CountsStringsArraysAndObjectsAndWhatIsSmaller) {
  ExpectSize("", 0, 0);
  ExpectSize("[]", 1, 0);
  ExpectSize("[1,-2.5e+3,true,false,null]", 1, 5);
  ExpectSize(" [ 1 , 2\n,\t3 ] ", 1, 3);
  ExpectSize(R"({"a":{"b":[1,"c"]}})", 6, 1);
  ExpectSize(R"(["a","b",[[],{}]])", 6, 0);
  ExpectSize("17", 0, 1);
}

TEST(JsonSize, WhatStandsInAStringDoesNotCount) {
  ExpectSize(R"(["[1,2,{}]","\"[1,","\\",5])", 4, 1);
}

TEST(JsonSize, TextThatEndsInAString) {
  ExpectSize(R"(["a)", 2, 0);
  ExpectSize(R"(["a\)", 2, 0);
}

TEST(JsonSize, ErrorsSayWhatThereIsTooMuchOfAndWhere) {
  EXPECT_EQ(CheckJsonSize("[[],[]]", {.nodes = 2, .scalars = 0}, "the body").message(),
            "the body has more than 2 strings, arrays and objects, at byte 4");
  EXPECT_EQ(CheckJsonSize("[10,20]", {.nodes = 1, .scalars = 1}, "the body").message(),
            "the body has more than 1 numbers, at byte 4");
}

}  // namespace
}  // namespace sotto
