#include "base/log.h"

#include <gtest/gtest.h>

#include <string>

namespace sotto {
namespace {

std::string Printed(void (*print)()) {
  testing::internal::CaptureStderr();
  print();
  return testing::internal::GetCapturedStderr();
}

TEST(LogTest, AMessageIsALineFitForATerminal) {
  SetLogLevel(LogLevel::kWarning);
  EXPECT_EQ(Printed([] { Log(LogLevel::kWarning, "a\x1b[2J\nb"); }), "sotto: warning: a?[2J b\n");
  EXPECT_EQ(Printed([] { Notice("done\x07"); }), "sotto: done?\n");
}

TEST(LogTest, LevelsSilence) {
  SetLogLevel(LogLevel::kError);
  EXPECT_EQ(Printed([] { Log(LogLevel::kWarning, "a"); }), "");
  EXPECT_EQ(Printed([] { Notice("a"); }), "");
  EXPECT_EQ(Printed([] { Log(LogLevel::kError, "a"); }), "sotto: error: a\n");
  SetLogLevel(LogLevel::kWarning);
}

TEST(LogTest, AMessageTakesThePlaceOfAnUnfinishedLine) {
  SetLineUnfinished(true);
  EXPECT_EQ(Printed([] { Notice("a"); }), "\r\033[Ksotto: a\n");
  SetLineUnfinished(false);
  EXPECT_EQ(Printed([] { Notice("a"); }), "sotto: a\n");
}

}  // namespace
}  // namespace sotto
