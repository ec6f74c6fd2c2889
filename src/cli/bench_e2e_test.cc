// `sotto bench` on the shipped model: the table, the three files, and the report in a real browser.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/file.h"
#include "testing/browser.h"
#include "testing/run_program.h"
#include "testing/temp_dir.h"

namespace sotto {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

size_t Count(const std::string& text, const std::string& piece) {
  size_t count = 0;
  for (size_t at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1)) {
    ++count;
  }
  return count;
}

// One small bench for all: most of it measures the processor and its memory.
class BenchE2eTest : public testing::Test {
 protected:
  // 2 precisions x 2 lengths x 2 batch sizes.
  static void SetUpTestSuite() {
    dir_ = new TempDir;
    run_ = new ProgramResult(RunProgram(
        "sotto", {"bench", "--lengths", "8,16", "--batch-sizes", "1,2", "--precisions", "f32,int8",
                  "--repeats", "2", "--threads", "1", "--output", Output()}));
  }
  static void TearDownTestSuite() {
    delete std::exchange(run_, nullptr);
    delete std::exchange(dir_, nullptr);
  }
  void SetUp() override { ASSERT_EQ(run_->exit_code, 0) << run_->err; }

  static std::string Output() { return dir_->path() + "/deep/er"; }

  static TempDir* dir_;
  static ProgramResult* run_;
};
TempDir* BenchE2eTest::dir_ = nullptr;
ProgramResult* BenchE2eTest::run_ = nullptr;

TEST_F(BenchE2eTest, WritesTableAndFiles) {
  const std::string output = Output();
  EXPECT_THAT(run_->out, HasSubstr("tokens/s"));
  EXPECT_EQ(Count(run_->out, " GB"), 8 + 1);  // A row each, and the memory's speed.
  const auto json = ReadFile(output + "/bench.json");
  ASSERT_TRUE(json.ok());
  const nlohmann::json report = nlohmann::json::parse(*json);
  EXPECT_EQ(report["rows"].size(), 8);
  for (const auto& row : report["rows"]) {
    EXPECT_EQ(row["seconds"]["samples"].size(), 2);
    EXPECT_GT(row["tokens_per_sec"], 0);
    EXPECT_GT(row["peak_share"], 0);
  }
  EXPECT_EQ(Count(*ReadFile(output + "/bench.csv"), "\n"), 9);
}

TEST_F(BenchE2eTest, ReportOpensInABrowserWithoutANetwork) {
  if (!BrowserIsInstalled()) GTEST_SKIP() << "chromium is not installed";
  const PageView page = OpenInBrowser(Output() + "/bench.html");
  // By length and by batch size 2 x 2 each, and every row under the roofline.
  EXPECT_EQ(Count(page.dom, "class=\"point\""), 4 + 4 + 8);
  EXPECT_EQ(Count(page.dom, "</svg>"), 3);
  EXPECT_EQ(Count(page.dom, "</polyline>"), 2 + 2 + 2);
  EXPECT_THAT(page.dom, HasSubstr("<td>int8</td>"));
  EXPECT_THAT(page.console_messages, IsEmpty());
  EXPECT_THAT(page.requests, IsEmpty());
}

// The test above would see what is wrong with a page.
TEST_F(BenchE2eTest, TheBrowserTellsComplaintsAndRequests) {
  if (!BrowserIsInstalled()) GTEST_SKIP() << "chromium is not installed";
  const TempDir dir;
  dir.Write("bad.html",
            "<script>console.error('complaint')</script><img src='http://localhost:1/x.png'>");
  const PageView page = OpenInBrowser(dir.File("bad.html"));
  EXPECT_THAT(page.console_messages, Contains(HasSubstr("complaint")));
  EXPECT_THAT(page.requests, Contains(HasSubstr("x.png")));
}

TEST_F(BenchE2eTest, RefusesBadFlags) {
  for (const auto& [flag, value] :
       std::initializer_list<std::pair<std::string, std::string>>{{"--lengths", "0"},
                                                                  {"--lengths", "8,,9"},
                                                                  {"--lengths", "x"},
                                                                  {"--batch-sizes", "-1"},
                                                                  {"--precisions", "f31"},
                                                                  {"--logits", "some"},
                                                                  {"--repeats", "0"},
                                                                  {"--output", ""}}) {
    const ProgramResult run = RunProgram("sotto", {"bench", flag, value});
    EXPECT_EQ(run.exit_code, 2) << flag << " " << value;
    EXPECT_THAT(run.err, HasSubstr(flag));
    EXPECT_EQ(Count(run.err, "\n"), 1) << run.err;
  }
  const ProgramResult run = RunProgram("sotto", {"bench", "--lengths", "1000000000"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("--lengths"));
}

}  // namespace
}  // namespace sotto
