#include "attest/dates.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

TEST(Dates, ReadAndWritten) {
  const auto time = ParseDate("2025-06-20T12:34:56Z");
  ASSERT_TRUE(time.has_value());
  EXPECT_EQ(time->time_since_epoch().count(), 1750422896);
  EXPECT_EQ(FormatDate(*time), "2025-06-20T12:34:56Z");
  EXPECT_EQ(ParseDate("1970-01-01")->time_since_epoch().count(), 0);
  EXPECT_EQ(FormatDate(*ParseDate("2024-02-29")), "2024-02-29T00:00:00Z");
  EXPECT_EQ(FormatDate(*ParseDate("9999-12-31T23:59:59Z")), "9999-12-31T23:59:59Z");
}

TEST(Dates, WhatIsNoneIsRefused) {
  for (const char* text :
       {"", "2025", "2025-06-31", "2025-02-29", "2025-13-01", "2025-00-01", "1969-12-31",
        "2025-06-20T24:00:00Z", "2025-06-20T12:60:00Z", "2025-06-20T12:00:60Z",
        "2025-06-20T12:00:00", "2025-06-20T12:00:00+01:00", "2025-06-20T12:00:00.5Z",
        "2025-06-20 12:00:00Z", "2025-6-20", " 2025-06-20", "2025-06-20 ", "-025-06-20"}) {
    EXPECT_FALSE(ParseDate(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace sotto
