#include "tools/bench_html.h"

#include <algorithm>
#include <set>

#include "base/strings.h"
#include "tools/bench_files.h"
#include "tools/bench_split_files.h"
#include "tools/bench_text.h"
#include "tools/svg_plot.h"

namespace sotto {
namespace {

constexpr const char* kStyle = R"(
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1320px; padding: 0 1rem;
       color: #1b1f24; background: #fff; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } .facts { color: #57606a; margin-top: 0; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 1rem; }
svg { width: 100%; border: 1px solid #d0d7de; border-radius: 6px; background: #fff; }
svg text { font: 12px system-ui, sans-serif; fill: #57606a; }
svg .title { font-size: 14px; font-weight: 600; fill: #1b1f24; }
svg .grid { stroke: #eaeef2; }
table { border-collapse: collapse; margin-top: 1rem; width: 100%; }
th, td { text-align: right; padding: .25rem .6rem; border-bottom: 1px solid #eaeef2; }
th:first-child, td:first-child { text-align: left; }
.disturbed { color: #b35900; }
)";

const char* ColourOf(Precision precision) {
  switch (precision) {
    case Precision::kF32:
      return "#0969da";
    case Precision::kBf16:
      return "#cf222e";
    case Precision::kInt8:
      return "#1a7f37";
    case Precision::kFixed:
      return "#8250df";
  }
  return "#57606a";
}

std::string Note(const BenchRow& row) {
  return Format("%s, batch %zu, length %zu: %.1f tokens/s, %.1f %% of the peak",
                Name(row.precision).c_str(), row.pass.batch_size, row.pass.length,
                row.tokens_per_second(), row.peak_share * 100);
}

template <typename F>
std::vector<double> Values(const BenchReport& report, F value) {
  std::set<double> values;
  for (const BenchRow& row : report.rows) values.insert(static_cast<double>(value(row)));
  return {values.begin(), values.end()};
}

// A series a precision, of the rows that `wanted` picks, in rising order of x.
template <typename Wanted, typename X>
Plot ThroughputPlot(const BenchReport& report, std::string title, PlotAxis axis, Wanted wanted,
                    X x) {
  Plot plot{std::move(title), std::move(axis), {"tokens/s", false, {}}, {}};
  for (const PrecisionPeak& peak : report.peaks) {
    PlotSeries series{std::string(PrecisionName(peak.precision)), ColourOf(peak.precision), {}};
    for (const BenchRow& row : report.rows) {
      if (row.precision != peak.precision || !wanted(row)) continue;
      series.points.push_back({static_cast<double>(x(row)), row.tokens_per_second(), Note(row)});
    }
    std::ranges::sort(series.points, {}, &PlotPoint::x);
    plot.series.push_back(std::move(series));
  }
  return plot;
}

Plot LengthPlot(const BenchReport& report) {
  const auto length = [](const BenchRow& row) { return row.pass.length; };
  const double batch =
      Values(report, [](const BenchRow& row) { return row.pass.batch_size; }).front();
  return ThroughputPlot(
      report, Format("Throughput against length, batch size %.0f", batch),
      {"prefill length", true, Values(report, length)},
      [=](const BenchRow& row) { return static_cast<double>(row.pass.batch_size) == batch; },
      length);
}

Plot BatchPlot(const BenchReport& report) {
  const auto batch = [](const BenchRow& row) { return row.pass.batch_size; };
  const double length = Values(report, [](const BenchRow& row) { return row.pass.length; }).back();
  return ThroughputPlot(
      report, Format("Throughput against batch size, length %.0f", length),
      {"batch size", true, Values(report, batch)},
      [=](const BenchRow& row) { return static_cast<double>(row.pass.length) == length; }, batch);
}

// Operations for each byte of weights that must be read once.
double Intensity(const BenchRow& row) { return row.operations / row.weight_bytes; }

// min(memory bandwidth x intensity, peak), from well left of the ridge to the right edge.
PlotSeries Roof(const BenchReport& report, const PrecisionPeak& peak, double left, double right) {
  const double bandwidth = report.read_bytes_per_second, limit = peak.gemm.limit();
  const double ridge = limit / bandwidth;
  PlotSeries roof{"", ColourOf(peak.precision), {}, true, false, true};
  if (left < ridge) roof.points.push_back({left, left * bandwidth, ""});
  roof.points.push_back({std::max(left, ridge), limit, ""});
  roof.points.push_back({std::max(right, ridge), limit, ""});
  return roof;
}

Plot RooflinePlot(const BenchReport& report) {
  Plot plot{"Roofline: every row under memory bandwidth and peak",
            {"operations per byte of weights", true, {}},
            {"operations/s", true, {}},
            {}};
  const std::vector<double> intensities = Values(report, Intensity);
  double left = intensities.front();
  for (const PrecisionPeak& peak : report.peaks) {
    left = std::min(left, 0.5 * peak.gemm.limit() / report.read_bytes_per_second);
  }
  for (const PrecisionPeak& peak : report.peaks) {
    plot.series.push_back(Roof(report, peak, left, intensities.back() * 1.5));
    PlotSeries rows{
        std::string(PrecisionName(peak.precision)), ColourOf(peak.precision), {}, false};
    for (const BenchRow& row : report.rows) {
      if (row.precision != peak.precision) continue;
      rows.points.push_back({Intensity(row), row.operations_per_second(), Note(row)});
    }
    plot.series.push_back(std::move(rows));
  }
  return plot;
}

std::string RowHtml(const BenchRow& row) {
  return Format(
             "<tr%s><td>%s</td><td>%zu</td><td>%zu</td><td>%.1f</td><td>%.2f</td><td>%.1f %%</td>",
             row.disturbed ? " class=\"disturbed\"" : "", Name(row.precision).c_str(),
             row.pass.batch_size, row.pass.length, row.tokens_per_second(), row.spread.median * 1e3,
             row.spread.relative() * 100) +
         Format("<td>%.1f %%</td><td>%.1f %%</td><td>%.2f</td><td>%d</td></tr>\n",
                row.peak_share * 100, row.product_share * 100,
                static_cast<double>(row.peak_resident_bytes) / 1e9, row.rejected);
}

std::string Table(const BenchReport& report) {
  std::string html =
      "<table><thead><tr><th>precision</th><th>batch</th><th>length</th><th>tokens/s</th>"
      "<th>ms (median)</th><th>&plusmn;</th><th>of peak</th><th>of GEMM</th><th>peak memory, "
      "GB</th>"
      "<th>rejected runs</th></tr></thead><tbody>\n";
  for (const BenchRow& row : report.rows) html += RowHtml(row);
  return html + "</tbody></table>\n";
}

std::string Facts(const BenchReport& report) {
  return StrCat("<p class=\"facts\">", EscapeHtml(report.model_name), ", ",
                Format("%.3g", static_cast<double>(report.parameters) / 1e9), " G parameters; ",
                report.logits == LogitsMode::kAll ? "all logits" : "last logits", "; ",
                report.warmups, " warm-up and ", report.repeats, " measured runs; ", report.started,
                "; sotto " SOTTO_VERSION "</p>\n<pre>", EscapeHtml(PeakLines(report)), "</pre>\n");
}

}  // namespace

std::string BenchHtml(const BenchReport& report) {
  return StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<title>sotto bench: ",
      EscapeHtml(report.model_name), "</title><style>", kStyle,
      "</style></head><body>\n<h1>sotto bench</h1>\n", Facts(report), "<div class=\"plots\">\n",
      RenderSvg(LengthPlot(report)), RenderSvg(BatchPlot(report)), RenderSvg(RooflinePlot(report)),
      "</div>\n", Table(report),
      "<p class=\"facts\">Of peak: two operations a multiply-add of linear layers and "
      "causal attention, over the rate at which the multiply-add instructions issue. Of "
      "GEMM: over the best matrix product. Peaks are from this run; disturbed rows are "
      "those during which other processes used the processors.</p>\n",
      SplitHtml(report), "</body></html>\n");
}

}  // namespace sotto
