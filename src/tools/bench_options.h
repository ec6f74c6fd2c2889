// What `sotto bench` was asked to measure.
#ifndef SOTTO_TOOLS_BENCH_OPTIONS_H_
#define SOTTO_TOOLS_BENCH_OPTIONS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "sotto/split.h"
#include "trusted/engine/engine.h"
#include "trusted/linear/local.h"

namespace sotto {

struct BenchOptions {
  std::string model_dir;
  std::vector<size_t> lengths;
  std::vector<size_t> batch_sizes;
  std::vector<Precision> precisions;
  LogitsMode logits = LogitsMode::kAll;
  int threads = 1;
  int warmups = 1;  // Runs thrown away before each measurement.
  int repeats = 5;  // Runs measured.
  std::string output_dir;
  std::vector<SplitOptions> splits = {};  // To be measured as well, one a protection.
};

}  // namespace sotto

#endif  // SOTTO_TOOLS_BENCH_OPTIONS_H_
