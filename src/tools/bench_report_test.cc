#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "base/strings.h"
#include "testing/temp_dir.h"
#include "tools/bench_files.h"
#include "tools/bench_html.h"
#include "tools/bench_samples.h"
#include "tools/foreign_cpu.h"
#include "tools/machine_name.h"
#include "tools/svg_plot.h"

namespace sotto {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SpreadTest, MedianOfOddAndEvenNumbers) {
  const double odd[] = {3, 1, 2}, even[] = {4, 1, 2, 8};
  EXPECT_EQ(SpreadOf(odd).median, 2);
  EXPECT_EQ(SpreadOf(even).median, 3);
  EXPECT_EQ(SpreadOf(even).min, 1);
  EXPECT_EQ(SpreadOf(even).max, 8);
  EXPECT_DOUBLE_EQ(SpreadOf(odd).relative(), 0.5);
}

TEST(ForeignCpuTest, ParsesTheFirstLineOfProcStat) {
  EXPECT_EQ(ParseBusyTicks("cpu  1 2 4 8 16 32 64 128 9 9\ncpu0 1"), 1 + 2 + 4 + 32 + 64 + 128);
  for (const char* bad : {"", "cpu", "cpu  1 2 3", "cpu0 1 2 3 4 5 6 7 8", "cpu a b c d e f g h"}) {
    EXPECT_FALSE(ParseBusyTicks(bad).has_value()) << bad;
  }
}

TEST(MachineNameTest, NamesEveryCacheThatTheSystemTells) {
  const TempDir dir;
  const auto write = [&](int index, const char* level, const char* type, const char* size) {
    const std::string path = StrCat("index", index);
    std::filesystem::create_directory(dir.File(path));
    dir.Write(path + "/level", level);
    dir.Write(path + "/type", type);
    dir.Write(path + "/size", size);
  };
  write(0, "1\n", "Data\n", "32K\n");
  write(1, "1\n", "Instruction\n", "64K\n");
  write(2, "2\n", "Unified\n", "1024K\n");
  EXPECT_EQ(CachesUnder(dir.path()), "L1d 32K L1i 64K L2 1024K");
  EXPECT_EQ(CachesUnder(dir.File("none")), "");
}

BenchReport SmallReport() {
  BenchReport report{.model_name = "a <model> & \"more\"", .cpu = "CPU", .threads = 2};
  report.read_bytes_per_second = 7e10;
  for (const Precision precision : {Precision::kF32, Precision::kBf16}) {
    report.peaks.push_back({precision, {1e12, 0.9e12}});
    for (const size_t batch : {1, 2}) {
      for (const size_t length : {64, 128, 256}) {
        BenchRow row{.precision = precision, .pass = {batch, length, LogitsMode::kAll}};
        row.seconds = {0.5, 0.25, 1.0};
        row.spread = SpreadOf(row.seconds);
        row.operations = 1e9 * static_cast<double>(batch * length);
        row.weight_bytes = 2e9;
        row.peak_share = 0.5;
        report.rows.push_back(row);
      }
    }
  }
  return report;
}

size_t Count(const std::string& text, const std::string& piece) {
  size_t count = 0;
  for (size_t at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1))
    ++count;
  return count;
}

TEST(BenchFilesTest, JsonHoldsEveryRow) {
  const nlohmann::json json = nlohmann::json::parse(BenchJson(SmallReport()));
  ASSERT_EQ(json["rows"].size(), 12);
  EXPECT_EQ(json["rows"][1]["prefill_length"], 128);
  EXPECT_EQ(json["rows"][1]["tokens_per_sec"], 256);
  EXPECT_EQ(json["rows"][1]["seconds"]["samples"].size(), 3);
  EXPECT_EQ(json["peaks"].size(), 2);
}

TEST(BenchFilesTest, CsvHasAsManyFieldsAsColumns) {
  const std::string csv = BenchCsv(SmallReport());
  EXPECT_EQ(Count(csv, "\n"), 13);
  EXPECT_EQ(Count(csv, ","), 13 * Count(csv.substr(0, csv.find('\n')), ","));
}

// 2 precisions x 3 lengths, x 2 batch sizes, and all 12 under the roofline.
TEST(BenchHtmlTest, PlotsEveryPointAndNeedsNothingFromOutside) {
  const std::string html = BenchHtml(SmallReport());
  EXPECT_EQ(Count(html, "class=\"point\""), 6 + 4 + 12);
  EXPECT_EQ(Count(html, "<svg"), 3);
  EXPECT_EQ(Count(html, "<tr><td>"), 12);
  EXPECT_THAT(html, HasSubstr("a &lt;model&gt; &amp; &quot;more&quot;"));
  for (const char* outside :
       {"http", "src=", "href=", "<script", "@import", "url(", "nan", "inf"}) {
    EXPECT_THAT(html, Not(HasSubstr(outside)));
  }
}

TEST(SvgPlotTest, OneSinglePointHasAPlace) {
  const std::string svg =
      RenderSvg({"t", {"x", true, {}}, {"y", false, {}}, {{"s", "#000000", {{64, 5, "n"}}}}});
  EXPECT_EQ(Count(svg, "<circle"), 1);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace sotto
