#include "base/terminal_text.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

TEST(TerminalText, LeavesWhatIsReadable) {
  for (const char* text : {"", "models/kjv-2m/config.json: it's \"here\"", "Übergrößenträger",
                           "模型", "модель", "نموذج", "e\xcc\x81"}) {
    EXPECT_EQ(TerminalText(text), text);
  }
}

TEST(TerminalText, ControlCharactersCannotReachTheTerminal) {
  EXPECT_EQ(TerminalText("\x1b[2J\x1b]0;title\x07"), "?[2J?]0;title?");
  EXPECT_EQ(TerminalText("a\x7f"
                         "b\x08"),
            "a?b?");
  EXPECT_EQ(TerminalText(std::string_view("\0", 1)), "?");
  // C1: CSI as a character of UTF-8, and as the single byte that some terminals take for it.
  EXPECT_EQ(TerminalText("\xc2\x9b"
                         "31m"),
            "?31m");
  EXPECT_EQ(TerminalText("\x9b"
                         "31m"),
            "?31m");
  EXPECT_EQ(TerminalText("two\nlines\r\tand a tab"), "two lines  and a tab");
}

TEST(TerminalText, NorWhatReordersOrHides) {
  EXPECT_EQ(TerminalText("safe\xe2\x80\xae"
                         "txt.exe"),
            "safe?txt.exe");  // RIGHT-TO-LEFT OVERRIDE
  EXPECT_EQ(TerminalText("\xe2\x81\xa6"
                         "a\xe2\x81\xa9"),
            "?a?");  // isolates
  EXPECT_EQ(TerminalText("a\xd8\x9c"
                         "b\xe2\x80\x8b"
                         "c"),
            "a?b?c");  // ALM, ZERO WIDTH SPACE
  EXPECT_EQ(TerminalText("a\xe2\x80\xa8"
                         "b\xe2\x80\xa9"
                         "c"),
            "a?b?c");                                // LINE, PARAGRAPH
  EXPECT_EQ(TerminalText("\xf3\xa0\x81\x81"), "?");  // TAG A
}

TEST(TerminalText, NorWhatIsNotUtf8) {
  EXPECT_EQ(TerminalText("caf\xe9.safetensors"), "caf?.safetensors");
  EXPECT_EQ(TerminalText("\xed\xa0\x80"), "???");
  EXPECT_EQ(TerminalText("cut\xe2\x82"), "cut?");
}

}  // namespace
}  // namespace sotto
