#include "cli/line_reader.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/strings.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class LineReaderTest : public testing::Test {
 protected:
  LineReader Open(const std::string& contents) {
    absl::StatusOr<LineReader> reader = LineReader::Open(dir_.Write("f", contents));
    EXPECT_TRUE(reader.ok()) << reader.status();
    return *std::move(reader);
  }
  static std::vector<std::string> All(LineReader& reader) {
    std::vector<std::string> lines;
    while (true) {
      const auto line = reader.Next();
      EXPECT_TRUE(line.ok()) << line.status();
      if (!line.ok() || !line->has_value()) return lines;
      lines.emplace_back(**line);
    }
  }

  const TempDir dir_;
};

TEST_F(LineReaderTest, LinesWithoutEndsBlanksAndByteOrderMark) {
  LineReader reader = Open(
      "\xef\xbb\xbf"
      "a\r\n\r\n \t\nb c\n\xef\xbb\xbf"
      "d");
  EXPECT_THAT(All(reader), ElementsAre("a", "b c",
                                       "\xef\xbb\xbf"
                                       "d"));
  EXPECT_EQ(reader.line_number(), 5u);
  EXPECT_FALSE(reader.terminated());
  EXPECT_EQ(reader.end_offset(), reader.size_bytes());
  EXPECT_THAT(reader.source(), HasSubstr("/f: line 5"));
}

TEST_F(LineReaderTest, NothingAtAll) {
  for (const char* contents : {"", "\n\n", " "}) {
    LineReader reader = Open(contents);
    EXPECT_THAT(All(reader), ElementsAre());
  }
}

// Of all lengths around that of a read, and longer than several.
TEST_F(LineReaderTest, LongLinesAndManyOfThem) {
  std::vector<std::string> want;
  std::string contents;
  for (const size_t size : {65534, 65535, 65536, 65537, 1, 300'000, 7}) {
    want.push_back(std::string(size, static_cast<char>('a' + want.size())));
    contents += want.back() + "\n";
  }
  for (int i = 0; i < 20'000; ++i) {
    want.push_back(StrCat("line ", i));
    contents += want.back() + "\n";
  }
  LineReader reader = Open(contents);
  EXPECT_EQ(All(reader), want);
  EXPECT_TRUE(reader.terminated());
}

TEST_F(LineReaderTest, TheRest) {
  LineReader reader = Open(
      "\xef\xbb\xbf"
      "a\n\nb\r\n");
  EXPECT_EQ(**reader.Next(), "a");
  EXPECT_EQ(*reader.Rest(), "\nb\r\n");
  EXPECT_FALSE(reader.Next()->has_value());
  EXPECT_EQ(*Open("\xef\xbb\xbf"
                  "x\ny")
                 .Rest(),
            "x\ny");
}

// A pipe is ready when a whole line is there, or its end.
TEST_F(LineReaderTest, APipeThatIsSlow) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  absl::StatusOr<LineReader> reader = LineReader::Open(StrCat("/dev/fd/", ends[0]));
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_FALSE(reader->size_bytes().has_value());
  const auto put = [&](std::string_view text) {
    ASSERT_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  };
  EXPECT_FALSE(reader->Ready());
  put("be");
  EXPECT_FALSE(reader->Ready());
  put("gin\nan");
  EXPECT_TRUE(reader->Ready());
  EXPECT_EQ(**reader->Next(), "begin");
  EXPECT_FALSE(reader->Ready());
  put("d");
  close(ends[1]);
  EXPECT_TRUE(reader->Ready());
  EXPECT_EQ(**reader->Next(), "and");
  EXPECT_FALSE(reader->Next()->has_value());
  close(ends[0]);
}

TEST_F(LineReaderTest, WhatCannotBeReadIsNamed) {
  EXPECT_TRUE(absl::IsNotFound(LineReader::Open(dir_.File("none")).status()));
  absl::StatusOr<LineReader> directory = LineReader::Open(dir_.path());
  ASSERT_TRUE(directory.ok());
  EXPECT_THAT(std::string(directory->Next().status().message()), HasSubstr(dir_.path()));
}

}  // namespace
}  // namespace sotto
