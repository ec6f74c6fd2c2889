#include "accelerator/event_log.h"

#include "gtest/gtest.h"

namespace sotto {
namespace {

TEST(EventLogTest, OneJsonObjectALine) {
  EXPECT_EQ(FormatEvent(1'767'225'600'007, LogLevel::kInfo, "session_opened",
                        {{"session", uint64_t{3}}, {"seconds", 0.5}, {"peer", "ipv4:1.2.3.4:5"}}),
            R"({"time":"2026-01-01T00:00:00.007Z","level":"info","event":"session_opened",)"
            R"("session":3,"seconds":0.5,"peer":"ipv4:1.2.3.4:5"})");
}

TEST(EventLogTest, NothingBreaksALine) {
  const std::string line =
      FormatEvent(0, LogLevel::kError, "x", {{"why", std::string("two\nlines \xff\x1b")}});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace sotto
