#include "tools/bench_files.h"

#include <nlohmann/json.hpp>

#include "base/strings.h"
#include "tools/bench_split_files.h"
#include "tools/bench_text.h"

namespace sotto {
namespace {

using Json = nlohmann::ordered_json;

const char* LogitsName(LogitsMode logits) { return logits == LogitsMode::kAll ? "all" : "last"; }

Json PeaksJson(const BenchReport& report) {
  Json peaks = Json::array();
  for (const PrecisionPeak& peak : report.peaks) {
    peaks.push_back({{"precision", Name(peak.precision)},
                     {"instruction_ops_per_sec", peak.gemm.instructions},
                     {"gemm_ops_per_sec", peak.gemm.product}});
  }
  return peaks;
}

Json RowJson(const BenchRow& row) {
  return {{"precision", Name(row.precision)},
          {"batch_size", row.pass.batch_size},
          {"prefill_length", row.pass.length},
          {"tokens_per_sec", row.tokens_per_second()},
          {"seconds",
           {{"median", row.spread.median},
            {"min", row.spread.min},
            {"max", row.spread.max},
            {"samples", row.seconds}}},
          {"cpu_seconds_per_token", row.cpu.median / row.tokens()},
          {"rejected_runs", row.rejected},
          {"disturbed", row.disturbed},
          {"operations", row.operations},
          {"peak_share", row.peak_share},
          {"gemm_share", row.product_share},
          {"weight_bytes", row.weight_bytes},
          {"arena_bytes", row.arena_bytes},
          {"peak_rss_bytes", row.peak_resident_bytes}};
}

}  // namespace

std::string PeakLines(const BenchReport& report) {
  std::string text =
      StrCat(report.cpu, ", ", report.threads, report.threads == 1 ? " thread" : " threads",
             Format(", memory %.1f GB/s\n", report.read_bytes_per_second / 1e9));
  for (const PrecisionPeak& peak : report.peaks) {
    text += Format("peak %-5s  instructions %.3f T op/s, matrix product %.3f T op/s\n",
                   Name(peak.precision).c_str(), peak.gemm.instructions / 1e12,
                   peak.gemm.product / 1e12);
  }
  return text;
}

std::string TableHeader() {
  return "precision  batch  length   tokens/s         ms     +-   of peak  of GEMM    memory";
}

std::string TableLine(const BenchRow& row) {
  return Format("%-9s  %5zu  %6zu  %9.1f  %9.2f  %4.1f%%   %6.1f%%  %6.1f%%  %5.2f GB%s",
                Name(row.precision).c_str(), row.pass.batch_size, row.pass.length,
                row.tokens_per_second(), row.spread.median * 1e3, row.spread.relative() * 100,
                row.peak_share * 100, row.product_share * 100,
                static_cast<double>(row.peak_resident_bytes) / 1e9,
                row.disturbed ? "  DISTURBED" : "");
}

std::string BenchJson(const BenchReport& report) {
  Json rows = Json::array();
  for (const BenchRow& row : report.rows) rows.push_back(RowJson(row));
  Json json = {{"mode", "bench"},
               {"sotto_version", SOTTO_VERSION},
               {"started", report.started},
               {"cpu", report.cpu},
               {"threads", report.threads},
               {"model", {{"name", report.model_name}, {"parameters", report.parameters}}},
               {"logits", LogitsName(report.logits)},
               {"warmups", report.warmups},
               {"repeats", report.repeats},
               {"memory_read_bytes_per_sec", report.read_bytes_per_second},
               {"peak_rss_resets", report.peak_resident_resets},
               {"peaks", PeaksJson(report)},
               {"rows", rows}};
  if (!report.split_rows.empty()) json["split_rows"] = SplitJson(report);
  // A model's name may be any bytes.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string BenchCsv(const BenchReport& report) {
  std::string csv =
      "precision,batch_size,prefill_length,logits,threads,tokens_per_sec,median_seconds,"
      "min_seconds,max_seconds,cpu_seconds,rejected_runs,disturbed,operations,peak_share,"
      "gemm_share,peak_rss_bytes\n";
  for (const BenchRow& row : report.rows) {
    csv += StrCat(PrecisionName(row.precision), ",", row.pass.batch_size, ",", row.pass.length, ",",
                  LogitsName(report.logits), ",", report.threads, ",", row.tokens_per_second(), ",",
                  row.spread.median, ",", row.spread.min, ",", row.spread.max, ",", row.cpu.median,
                  ",", row.rejected, ",", row.disturbed ? 1 : 0, ",", row.operations, ",",
                  row.peak_share, ",", row.product_share, ",", row.peak_resident_bytes, "\n");
  }
  return csv;
}

}  // namespace sotto
