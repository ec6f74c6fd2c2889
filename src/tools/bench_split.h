// The split mode's part of `sotto bench`: what is left for the trusted process to do.
#ifndef SOTTO_TOOLS_BENCH_SPLIT_H_
#define SOTTO_TOOLS_BENCH_SPLIT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/thread_pool.h"
#include "model/checkpoint.h"
#include "tools/bench_options.h"
#include "tools/bench_work.h"
#include "trusted/split/split.h"

namespace sotto {

// One forward pass. Processor time is this process's alone, in seconds.
struct SplitSample {
  double seconds = 0;  // Wall time.
  // Their sum is all but the pad factory's.
  double hiding = 0;     // Norms, quantisation, masks, and the check's expected sums.
  double revealing = 0;  // Taking masks off, verification, scales, residuals, SwiGLU.
  double wire = 0;       // In Submit and Wait: copies, encoding, first writes, spinning.
  double channel = 0;    // gRPC's threads: TLS, HTTP/2, sockets, decoding.
  double other = 0;      // Attention, lanes waiting for each other, logits.
  double device = 0;     // The accelerators' word, not processor time of this process.
  uint64_t exchanges = 0, bytes_sent = 0, bytes_received = 0;

  double cpu() const { return hiding + revealing + wire + channel + other; }
};

struct SplitRow {
  Protection protection = Protection::kPlain;
  Precision precision = Precision::kFixed;  // What linear layers are computed in.
  std::string channel;                      // The data plane, "+tls" and "+relay"
  PassShape pass;
  std::vector<double> cpu_seconds;  // One a measured run.
  SplitSample median;               // The run of median processor time.
  double offline_seconds = 0;       // Processor time of the pads that one pass uses up.
  uint64_t peak_resident_bytes = 0;

  double tokens() const {
    return static_cast<double>(pass.batch_size) * static_cast<double>(pass.length);
  }
};

struct BenchReport;  // bench_result.h

// Measures options.splits over all lengths and batch sizes; prints a line a point. The weights are
// read anew for each point, so that its peak memory is its own.
absl::Status SweepSplit(const Checkpoint& checkpoint, const BenchOptions& options, ThreadPool& pool,
                        BenchReport& report);

}  // namespace sotto

#endif  // SOTTO_TOOLS_BENCH_SPLIT_H_
