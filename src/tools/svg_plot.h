// Small plots as SVG text, for reports that must open without a network.
#ifndef SOTTO_TOOLS_SVG_PLOT_H_
#define SOTTO_TOOLS_SVG_PLOT_H_

#include <string>
#include <string_view>
#include <vector>

namespace sotto {

struct PlotPoint {
  double x = 0, y = 0;
  std::string note;  // Shown when the pointer rests on it.
};

struct PlotSeries {
  std::string name;    // In the legend; empty: not there.
  std::string colour;  // "#rrggbb"
  std::vector<PlotPoint> points;
  bool line = true;     // Join the points.
  bool markers = true;  // Draw the points: <circle class="point">.
  bool dashed = false;
};

struct PlotAxis {
  std::string label;
  bool logarithmic = false;
  std::vector<double> ticks;  // Empty: chosen.
};

struct Plot {
  std::string title;
  PlotAxis x, y;
  std::vector<PlotSeries> series;
};

// <svg>, 640 x 400 units. Linear axes begin at 0; logarithmic ones need values above 0.
std::string RenderSvg(const Plot& plot);

// For text between tags and in attribute values.
std::string EscapeHtml(std::string_view text);

}  // namespace sotto

#endif  // SOTTO_TOOLS_SVG_PLOT_H_
