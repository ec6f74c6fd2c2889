#include "tools/bench_split_files.h"

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "tools/bench_text.h"

namespace sotto {
namespace {

using Json = nlohmann::ordered_json;

std::string Name(Protection protection) { return std::string(ProtectionName(protection)); }

// Where the processor time of a pass goes.
struct Part {
  const char* name;
  double SplitSample::*seconds;
  const char* colour;
};
constexpr std::array<Part, 5> kParts = {{{"hiding", &SplitSample::hiding, "#8250df"},
                                         {"revealing", &SplitSample::revealing, "#0969da"},
                                         {"wire", &SplitSample::wire, "#1a7f37"},
                                         {"channel", &SplitSample::channel, "#cf222e"},
                                         {"other", &SplitSample::other, "#8c959f"}}};

double Micros(double seconds, const SplitRow& row) { return seconds / row.tokens() * 1e6; }
double PerToken(uint64_t bytes, const SplitRow& row) {
  return static_cast<double>(bytes) / row.tokens();
}

// Processor time over that of the TEE-only run of the same pass.
double ShareOf(const BenchReport& report, Precision precision, const SplitRow& row) {
  const auto tee_only = std::ranges::find_if(report.rows, [&](const BenchRow& other) {
    return other.precision == precision && other.pass.batch_size == row.pass.batch_size &&
           other.pass.length == row.pass.length;
  });
  SOTTO_CHECK(tee_only != report.rows.end());
  return row.median.cpu() / tee_only->cpu.median;
}

Json SplitRowJson(const BenchReport& report, const SplitRow& row) {
  Json shares, parts;
  for (const PrecisionPeak& peak : report.peaks) {
    shares[Name(peak.precision)] = ShareOf(report, peak.precision, row);
  }
  for (const Part& part : kParts) parts[part.name] = row.median.*part.seconds / row.tokens();
  return {{"protection", Name(row.protection)},
          {"precision", Name(row.precision)},
          {"channel", row.channel},
          {"batch_size", row.pass.batch_size},
          {"prefill_length", row.pass.length},
          {"cpu_seconds_per_token", row.median.cpu() / row.tokens()},
          {"cpu_seconds_samples", row.cpu_seconds},
          {"cpu_share_of_tee_only", shares},
          {"cpu_seconds_per_token_by_part", parts},
          {"offline_cpu_seconds_per_token", row.offline_seconds / row.tokens()},
          {"seconds", row.median.seconds},
          {"tokens_per_sec", row.tokens() / row.median.seconds},
          {"device_seconds", row.median.device},
          {"exchanges", row.median.exchanges},
          {"bytes_sent_per_token", PerToken(row.median.bytes_sent, row)},
          {"bytes_received_per_token", PerToken(row.median.bytes_received, row)},
          {"peak_rss_bytes", row.peak_resident_bytes}};
}

std::string Legend() {
  std::string html;
  for (const Part& part : kParts) {
    html += Format("<span style=\"color:%s\">&#9632;</span> %s ", part.colour, part.name);
  }
  return html;
}

// A bar whose length is the row's processor time per token over the greatest of all.
std::string Bar(const SplitRow& row, double longest_micros) {
  std::string html = "<div style=\"display:flex;height:1rem;width:20rem\">";
  for (const Part& part : kParts) {
    const double micros = Micros(row.median.*part.seconds, row);
    html += Format("<div style=\"background:%s;width:%.2f%%\" title=\"%s %.1f\"></div>",
                   part.colour, 100 * std::max(0.0, micros) / longest_micros, part.name, micros);
  }
  return html + "</div>";
}

}  // namespace

std::string SplitTableHeader(const BenchReport& report) {
  std::string text = "protection  format  channel     batch  length  CPU us/token";
  for (const PrecisionPeak& peak : report.peaks) {
    text += Format("  of %-5s", Name(peak.precision).c_str());
  }
  for (const Part& part : kParts) text += Format("  %9s", part.name);
  return text + "    offline    tokens/s  sent B/token  received B/token    memory";
}

std::string SplitTableLine(const BenchReport& report, const SplitRow& row) {
  std::string text = Format("%-10s  %-6s  %-10s  %5zu  %6zu  %12.1f", Name(row.protection).c_str(),
                            Name(row.precision).c_str(), row.channel.c_str(), row.pass.batch_size,
                            row.pass.length, Micros(row.median.cpu(), row));
  for (const PrecisionPeak& peak : report.peaks) {
    text += Format("  %8.3f", ShareOf(report, peak.precision, row));
  }
  for (const Part& part : kParts) {
    text += Format("  %9.1f", Micros(row.median.*part.seconds, row));
  }
  return text + Format("  %9.1f  %10.1f  %12.0f  %16.0f  %5.2f GB",
                       Micros(row.offline_seconds, row), row.tokens() / row.median.seconds,
                       PerToken(row.median.bytes_sent, row),
                       PerToken(row.median.bytes_received, row),
                       static_cast<double>(row.peak_resident_bytes) / 1e9);
}

Json SplitJson(const BenchReport& report) {
  Json rows = Json::array();
  for (const SplitRow& row : report.split_rows) rows.push_back(SplitRowJson(report, row));
  return rows;
}

std::string SplitCsv(const BenchReport& report) {
  std::string csv = "protection,precision,channel,batch_size,prefill_length,cpu_us_per_token";
  for (const PrecisionPeak& peak : report.peaks) csv += StrCat(",share_of_", Name(peak.precision));
  for (const Part& part : kParts) csv += StrCat(",", part.name, "_us_per_token");
  csv +=
      ",offline_us_per_token,tokens_per_sec,bytes_sent_per_token,bytes_received_per_token,"
      "exchanges,peak_rss_bytes\n";
  for (const SplitRow& row : report.split_rows) {
    csv += StrCat(Name(row.protection), ",", Name(row.precision), ",", row.channel, ",",
                  row.pass.batch_size, ",", row.pass.length, ",", Micros(row.median.cpu(), row));
    for (const PrecisionPeak& peak : report.peaks) {
      csv += StrCat(",", ShareOf(report, peak.precision, row));
    }
    for (const Part& part : kParts) csv += StrCat(",", Micros(row.median.*part.seconds, row));
    csv +=
        StrCat(",", Micros(row.offline_seconds, row), ",", row.tokens() / row.median.seconds, ",",
               PerToken(row.median.bytes_sent, row), ",", PerToken(row.median.bytes_received, row),
               ",", row.median.exchanges, ",", row.peak_resident_bytes, "\n");
  }
  return csv;
}

std::string SplitHtml(const BenchReport& report) {
  if (report.split_rows.empty()) return "";
  double longest = 0;
  for (const SplitRow& row : report.split_rows) {
    longest = std::max(longest, Micros(row.median.cpu(), row));
  }
  std::string html =
      "<h2>Split mode</h2>\n<table><thead><tr><th>protection</th><th>format</th><th>channel</th>"
      "<th>batch</th><th>length</th><th>CPU &micro;s/token</th>";
  for (const PrecisionPeak& peak : report.peaks) {
    html += StrCat("<th>of TEE-only ", Name(peak.precision), "</th>");
  }
  html += StrCat("<th>", Legend(),
                 "</th><th>offline &micro;s/token</th><th>tokens/s</th><th>sent B/token</th>"
                 "<th>received B/token</th><th>peak memory, GB</th></tr></thead><tbody>\n");
  for (const SplitRow& row : report.split_rows) {
    html += StrCat("<tr class=\"split\"><td>", Name(row.protection), "</td><td>",
                   Name(row.precision), "</td><td>", row.channel, "</td>");
    html += Format("<td>%zu</td><td>%zu</td><td>%.1f</td>", row.pass.batch_size, row.pass.length,
                   Micros(row.median.cpu(), row));
    for (const PrecisionPeak& peak : report.peaks) {
      html += Format("<td>%.3f</td>", ShareOf(report, peak.precision, row));
    }
    html += StrCat("<td>", Bar(row, longest), "</td>");
    html += Format("<td>%.1f</td><td>%.1f</td><td>%.0f</td><td>%.0f</td><td>%.2f</td></tr>\n",
                   Micros(row.offline_seconds, row), row.tokens() / row.median.seconds,
                   PerToken(row.median.bytes_sent, row), PerToken(row.median.bytes_received, row),
                   static_cast<double>(row.peak_resident_bytes) / 1e9);
  }
  return html +
         "</tbody></table>\n<p class=\"facts\">Processor time of the trusted process alone; "
         "docs/benchmarking.md says what the parts hold.</p>\n";
}

}  // namespace sotto
