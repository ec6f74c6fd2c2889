// What `sotto bench` found out: plain data between measuring it and writing it down.
#ifndef SOTTO_TOOLS_BENCH_RESULT_H_
#define SOTTO_TOOLS_BENCH_RESULT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "model/config.h"
#include "tools/bench_peaks.h"
#include "tools/bench_samples.h"
#include "tools/bench_split.h"
#include "tools/bench_work.h"
#include "trusted/linear/local.h"

namespace sotto {

struct PrecisionPeak {
  Precision precision = Precision::kF32;
  GemmPeak gemm;
};

// One point of the sweep.
struct BenchRow {
  Precision precision = Precision::kF32;
  PassShape pass = {};
  std::vector<double> seconds = {};  // One a measured run.
  Spread spread = {};                // Of them.
  Spread cpu = {};                   // Processor seconds, all threads, of all runs.
  int rejected = 0;                  // Runs thrown away because others used the processors.
  bool disturbed = false;            // So were some of `seconds`: quieter ones could not be had.
  double operations = 0;             // Linear layers and causal attention: cost_model.h.
  double weight_bytes = 0;
  double peak_share = 0;             // Operations a second over the instructions' limit.
  double product_share = 0;          // The same over the best matrix product.
  uint64_t peak_resident_bytes = 0;  // Since the precision's weights began to load.
  uint64_t arena_bytes = 0;

  double tokens() const {
    return static_cast<double>(pass.batch_size) * static_cast<double>(pass.length);
  }
  double tokens_per_second() const { return tokens() / spread.median; }
  double operations_per_second() const { return operations / spread.median; }
};

struct BenchReport {
  std::string model_name;
  uint64_t parameters = 0;
  std::string cpu = {};      // MachineName().
  std::string started = {};  // UTC, ISO 8601.
  int threads = 1;
  int warmups = 0, repeats = 0;
  LogitsMode logits = LogitsMode::kAll;
  double read_bytes_per_second = 0;
  bool peak_resident_resets = false;  // Else peaks include what earlier precisions needed.
  std::vector<PrecisionPeak> peaks = {};
  std::vector<BenchRow> rows = {};
  std::vector<SplitRow> split_rows = {};
};

// The peak of a precision in the report. REQUIRES: it is there.
const GemmPeak& PeakOf(const BenchReport& report, Precision precision);

}  // namespace sotto

#endif  // SOTTO_TOOLS_BENCH_RESULT_H_
