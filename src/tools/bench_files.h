// The sweep as a table for the terminal, as JSON and as CSV.
#ifndef SOTTO_TOOLS_BENCH_FILES_H_
#define SOTTO_TOOLS_BENCH_FILES_H_

#include <string>

#include "tools/bench_result.h"

namespace sotto {

// The machine and its peaks, before the table.
std::string PeakLines(const BenchReport& report);
std::string TableHeader();
std::string TableLine(const BenchRow& row);

// Everything in the report; docs/benchmarking.md gives the meaning of every key.
std::string BenchJson(const BenchReport& report);
// The rows, one a line, under a header of column names.
std::string BenchCsv(const BenchReport& report);

}  // namespace sotto

#endif  // SOTTO_TOOLS_BENCH_FILES_H_
