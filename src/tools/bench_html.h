// The sweep as one HTML file with plots, which needs nothing but a browser.
#ifndef SOTTO_TOOLS_BENCH_HTML_H_
#define SOTTO_TOOLS_BENCH_HTML_H_

#include <string>

#include "tools/bench_result.h"

namespace sotto {

// Plots: throughput against length at the smallest batch size, against batch size at the greatest
// length, and every row under its roofline; then the table. No script, no reference to anything
// outside the file.
std::string BenchHtml(const BenchReport& report);

}  // namespace sotto

#endif  // SOTTO_TOOLS_BENCH_HTML_H_
