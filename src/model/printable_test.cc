#include "model/printable.h"

#include <gtest/gtest.h>

#include <string>

namespace sotto {
namespace {

TEST(PrintableTest, QuotesWhatIsPrintable) {
  EXPECT_EQ(Printable(""), "\"\"");
  EXPECT_EQ(Printable("a b~"), "\"a b~\"");
}

TEST(PrintableTest, NothingElseReachesATerminal) {
  EXPECT_EQ(Printable(std::string_view("\n\x1b[2J\0\x7f\xc3\xa9\xff", 10)), "\"??[2J?????\"");
  for (int c = 0; c < 256; ++c) {
    for (const char shown : Printable(std::string(1, static_cast<char>(c)))) {
      EXPECT_TRUE(shown >= ' ' && shown <= '~') << c;
    }
  }
}

TEST(PrintableTest, CutsAfterAHundredBytes) {
  EXPECT_EQ(Printable(std::string(100, 'x')), "\"" + std::string(100, 'x') + "\"");
  EXPECT_EQ(Printable(std::string(101, 'x')), "\"" + std::string(100, 'x') + "...\"");
}

}  // namespace
}  // namespace sotto
