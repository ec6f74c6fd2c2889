// `sotto bench` itself: peaks, then the sweep, then the files.
#ifndef SOTTO_TOOLS_BENCH_RUN_H_
#define SOTTO_TOOLS_BENCH_RUN_H_

#include <string>
#include <vector>

#include "base/status.h"
#include "tools/bench_options.h"

namespace sotto {

// Prints a line a point as it is measured, and writes bench.json, bench.csv, bench.html and, where
// there is something to measure in the split mode, bench_split.csv to options.output_dir, which is
// made if need be. INVALID_ARGUMENT for a length beyond the model's; otherwise errors as of loading
// a model, writing files and split/split.h.
absl::Status RunBench(const BenchOptions& options);

// The files that RunBench() may write.
std::vector<std::string> BenchOutputPaths(const BenchOptions& options);

}  // namespace sotto

#endif  // SOTTO_TOOLS_BENCH_RUN_H_
