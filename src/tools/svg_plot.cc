#include "tools/svg_plot.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "base/strings.h"

namespace sotto {
namespace {

constexpr double kWidth = 640, kHeight = 400;
constexpr double kLeft = 70, kRight = 20, kTop = 58, kBottom = 55;

std::string Number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

// 12300 -> "12.3k": tick labels.
std::string Short(double value) {
  const double magnitude = std::abs(value);
  if (magnitude >= 1e12) return Number(value / 1e12) + "T";
  if (magnitude >= 1e9) return Number(value / 1e9) + "G";
  if (magnitude >= 1e6) return Number(value / 1e6) + "M";
  if (magnitude >= 1e4) return Number(value / 1e3) + "k";
  return Number(value);
}

// One axis: values to [0, 1].
class Scale {
 public:
  Scale(const PlotAxis& axis, double low, double high) : logarithmic_(axis.logarithmic) {
    low_ = logarithmic_ ? std::log2(low) - 0.15 : 0;
    high_ = logarithmic_ ? std::log2(high) + 0.15 : high * 1.08;
    if (high_ <= low_) high_ = low_ + 1;
    ticks_ = axis.ticks.empty() ? Choose() : axis.ticks;
  }

  double At(double value) const {
    return ((logarithmic_ ? std::log2(value) : value) - low_) / (high_ - low_);
  }
  const std::vector<double>& ticks() const { return ticks_; }

 private:
  // 1, 2 or 5 times a power of ten: about five of them, or all when logarithmic.
  std::vector<double> Choose() const {
    std::vector<double> ticks;
    if (logarithmic_) {
      for (double t = std::floor(low_ / std::log2(10.0)); t * std::log2(10.0) <= high_; ++t) {
        for (const double digit : {1, 2, 5}) {
          const double tick = digit * std::pow(10.0, t);
          if (At(tick) >= 0 && At(tick) <= 1) ticks.push_back(tick);
        }
      }
      return ticks;
    }
    const double rough = high_ / 5, power = std::pow(10.0, std::floor(std::log10(rough)));
    const double step = power * (rough / power < 2 ? 1 : rough / power < 5 ? 2 : 5);
    for (double t = 0; t <= high_; t += step) ticks.push_back(t);
    return ticks;
  }

  bool logarithmic_;
  double low_, high_;
  std::vector<double> ticks_;
};

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void Take(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

class Canvas {
 public:
  Canvas(const Plot& plot, const Range& x, const Range& y)
      : x_(plot.x, x.low, x.high), y_(plot.y, y.low, y.high) {}

  double X(double value) const { return kLeft + x_.At(value) * (kWidth - kLeft - kRight); }
  double Y(double value) const {
    return kHeight - kBottom - y_.At(value) * (kHeight - kTop - kBottom);
  }
  const Scale& x() const { return x_; }
  const Scale& y() const { return y_; }

 private:
  Scale x_, y_;
};

std::string Text(double x, double y, std::string_view style, std::string_view text) {
  return StrCat("<text x=\"", Number(x), "\" y=\"", Number(y), "\" ", style, ">", EscapeHtml(text),
                "</text>\n");
}

std::string Line(double x1, double y1, double x2, double y2) {
  return StrCat("<line class=\"grid\" x1=\"", Number(x1), "\" y1=\"", Number(y1), "\" x2=\"",
                Number(x2), "\" y2=\"", Number(y2), "\"/>\n");
}

std::string RenderAxes(const Plot& plot, const Canvas& canvas) {
  std::string svg;
  const double bottom = kHeight - kBottom, right = kWidth - kRight;
  for (const double tick : canvas.x().ticks()) {
    const double x = canvas.X(tick);
    svg += Line(x, kTop, x, bottom) + Text(x, bottom + 18, "text-anchor=\"middle\"", Short(tick));
  }
  for (const double tick : canvas.y().ticks()) {
    const double y = canvas.Y(tick);
    svg += Line(kLeft, y, right, y) + Text(kLeft - 8, y + 4, "text-anchor=\"end\"", Short(tick));
  }
  svg += Text(kWidth / 2, 20, "text-anchor=\"middle\" class=\"title\"", plot.title);
  svg += Text((kLeft + right) / 2, kHeight - 14, "text-anchor=\"middle\"", plot.x.label);
  svg += Text(16, (kTop + bottom) / 2,
              StrCat("text-anchor=\"middle\" transform=\"rotate(-90 16 ",
                     Number((kTop + bottom) / 2), ")\""),
              plot.y.label);
  return svg;
}

std::string RenderSeries(const PlotSeries& series, const Canvas& canvas) {
  std::string path, marks;
  for (const PlotPoint& point : series.points) {
    const std::string x = Number(canvas.X(point.x)), y = Number(canvas.Y(point.y));
    path += StrCat(path.empty() ? "" : " ", x, ",", y);
    marks += StrCat("<circle class=\"point\" cx=\"", x, "\" cy=\"", y, "\" r=\"4\" fill=\"",
                    series.colour, "\"><title>", EscapeHtml(point.note), "</title></circle>\n");
  }
  std::string svg;
  if (series.line) {
    svg += StrCat("<polyline fill=\"none\" stroke=\"", series.colour, "\" stroke-width=\"2\"",
                  series.dashed ? " stroke-dasharray=\"6 4\"" : "", " points=\"", path, "\"/>\n");
  }
  return series.markers ? svg + marks : svg;
}

// In a row between title and plot.
std::string RenderLegend(const Plot& plot) {
  std::string svg;
  double x = kLeft;
  for (const PlotSeries& series : plot.series) {
    if (series.name.empty()) continue;
    svg += StrCat("<rect x=\"", Number(x), "\" y=\"36\" width=\"12\" height=\"12\" fill=\"",
                  series.colour, "\"/>\n");
    svg += Text(x + 17, 46, "", series.name);
    x += 40 + 8 * static_cast<double>(series.name.size());
  }
  return svg;
}

}  // namespace

std::string RenderSvg(const Plot& plot) {
  Range x, y;
  for (const PlotSeries& series : plot.series) {
    for (const PlotPoint& point : series.points) {
      x.Take(point.x);
      y.Take(point.y);
    }
  }
  const Canvas canvas(plot, x, y);
  std::string svg = StrCat("<svg viewBox=\"0 0 ", Number(kWidth), " ", Number(kHeight),
                           "\" role=\"img\" aria-label=\"", EscapeHtml(plot.title), "\">\n");
  svg += RenderAxes(plot, canvas);
  for (const PlotSeries& series : plot.series) svg += RenderSeries(series, canvas);
  return svg + RenderLegend(plot) + "</svg>\n";
}

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace sotto
