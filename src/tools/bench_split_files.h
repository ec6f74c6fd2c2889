// The split mode's rows as text: table, JSON, CSV and HTML.
#ifndef SOTTO_TOOLS_BENCH_SPLIT_FILES_H_
#define SOTTO_TOOLS_BENCH_SPLIT_FILES_H_

#include <nlohmann/json.hpp>
#include <string>

#include "tools/bench_result.h"
#include "tools/bench_split.h"

namespace sotto {

// Shares are of the processor time of the report's TEE-only rows of the same pass, a column for
// each of its precisions.
std::string SplitTableHeader(const BenchReport& report);
std::string SplitTableLine(const BenchReport& report, const SplitRow& row);
nlohmann::ordered_json SplitJson(const BenchReport& report);  // A list.
std::string SplitCsv(const BenchReport& report);
// A table and a bar a row; empty where there are no rows.
std::string SplitHtml(const BenchReport& report);

}  // namespace sotto

#endif  // SOTTO_TOOLS_BENCH_SPLIT_FILES_H_
