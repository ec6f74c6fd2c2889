#include "tools/bench_split.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "tools/bench_pass.h"
#include "tools/bench_peaks.h"
#include "tools/bench_result.h"
#include "tools/bench_split_files.h"
#include "tools/thread_cpu.h"
#include "trusted/api/split_backend.h"

namespace sotto {
namespace {

using Prompts = std::vector<std::vector<int32_t>>;

// Counters of everything that takes part, since the engine was made.
struct Counters {
  ThreadCpu cpu;
  OffloadedStats linear;
  SessionStats wire;  // Of all sessions.
  PadStats pads;
};

Counters ReadCounters(const SplitLinear& split) {
  Counters now{.cpu = ReadThreadCpu(), .linear = split.stats(), .wire = {}, .pads = {}};
  for (const auto& session : split.sessions) {
    const SessionStats stats = session->stats();
    now.wire.bytes_sent += stats.bytes_sent;
    now.wire.bytes_received += stats.bytes_received;
    now.wire.cpu_ns += stats.cpu_ns;
    now.wire.device_ns += stats.device_ns;
  }
  if (split.pad_stats) now.pads = split.pad_stats();
  return now;
}

double SecondsBetween(uint64_t before_ns, uint64_t after_ns) {
  return static_cast<double>(after_ns - before_ns) * 1e-9;
}

SplitSample SampleBetween(const Counters& before, const Counters& after, double seconds) {
  const ThreadCpu cpu = after.cpu - before.cpu;
  SplitSample sample{
      .seconds = seconds,
      .hiding = SecondsBetween(before.linear.hiding_ns, after.linear.hiding_ns),
      .revealing = SecondsBetween(before.linear.revealing_ns, after.linear.revealing_ns),
      .wire = SecondsBetween(before.wire.cpu_ns, after.wire.cpu_ns),
      .channel = std::max(0.0, cpu.channel()),
      .device = SecondsBetween(before.wire.device_ns, after.wire.device_ns),
      .exchanges = after.linear.exchanges - before.linear.exchanges,
      .bytes_sent = after.wire.bytes_sent - before.wire.bytes_sent,
      .bytes_received = after.wire.bytes_received - before.wire.bytes_received};
  sample.other = cpu.online() - sample.cpu();
  return sample;
}

// Processor time of making the pads that were used between the two.
double OfflineSeconds(const Counters& before, const Counters& after) {
  if (after.pads.made == 0) return 0;
  const double used = static_cast<double>(after.pads.used - before.pads.used);
  return after.cpu.offline * used / static_cast<double>(after.pads.made);
}

class SplitPoint {
 public:
  // `precision`: of protection plain.
  SplitPoint(const Checkpoint& checkpoint, const BenchOptions& options, const SplitOptions& split,
             Precision precision, const PassShape& pass, ThreadPool& pool)
      : checkpoint_(checkpoint),
        options_(options),
        precision_(PrecisionOf(split, precision)),
        pass_(pass),
        backend_(
            checkpoint,
            MakeSplitSetup(split,
                           {pass.batch_size, pass.length,
                            pass.logits == LogitsMode::kAll ? Positions::kAll : Positions::kLast},
                           precision_, options.threads),
            pool) {}

  absl::StatusOr<SplitRow> Measure() {
    ResetPeakResident();
    SOTTO_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine,
                           backend_.MakeEngine({.threads = options_.threads,
                                                .batch_size = pass_.batch_size,
                                                .prefill_length = pass_.length}));
    const Prompts prompts = RandomPrompts(pass_, checkpoint_.config().vocab_size);
    SplitRow row = NewRow();
    for (int i = 0; i < options_.warmups; ++i) {
      SOTTO_RETURN_IF_ERROR(RunOnce(*engine, prompts, row).status());
    }
    std::vector<SplitSample> samples;
    for (int i = 0; i < options_.repeats; ++i) {
      SOTTO_ASSIGN_OR_RETURN(SplitSample sample, RunOnce(*engine, prompts, row));
      row.cpu_seconds.push_back(sample.cpu());
      samples.push_back(sample);
    }
    std::ranges::sort(samples, {}, &SplitSample::cpu);
    row.median = samples[(samples.size() - 1) / 2];
    row.peak_resident_bytes = PeakResidentSinceReset();
    return row;
  }

 private:
  SplitRow NewRow() const {
    const SplitLinear& split = backend_.split();
    const ServerInfo& server = split.sessions[0]->server();
    const bool tls = !server.peer_key_sha256.empty();
    const std::string channel = StrCat(DataPlaneName(server.data_plane), tls ? "+tls" : "");
    return {.protection = backend_.setup().protection,
            .precision = precision_,
            .channel = channel + (split.relayed ? "+relay" : ""),
            .pass = pass_,
            .cpu_seconds = {},
            .median = {}};
  }

  absl::StatusOr<SplitSample> RunOnce(Engine& engine, const Prompts& prompts, SplitRow& row) {
    const SplitLinear& split = backend_.split();
    if (split.await_stock) SOTTO_RETURN_IF_ERROR(split.await_stock());
    const Counters before = ReadCounters(split);
    SOTTO_ASSIGN_OR_RETURN(
        const double seconds,
        TimePass(engine, prompts, {.logits = pass_.logits, .pad_compute = true}));
    const Counters after = ReadCounters(split);
    row.offline_seconds = OfflineSeconds(before, after);
    return SampleBetween(before, after, seconds);
  }

  const Checkpoint& checkpoint_;
  const BenchOptions& options_;
  const Precision precision_;
  const PassShape pass_;
  SplitBackend backend_;
};

}  // namespace

absl::Status SweepSplit(const Checkpoint& checkpoint, const BenchOptions& options, ThreadPool& pool,
                        BenchReport& report) {
  SOTTO_ASSIGN_OR_RETURN(const Precision plain, ParsePrecision("auto"));
  std::printf("\n%s\n", SplitTableHeader(report).c_str());
  for (const SplitOptions& split : options.splits) {
    const std::string warning = ConfidentialityWarning(split);
    if (!warning.empty()) Log(LogLevel::kWarning, warning);
    for (const size_t batch_size : options.batch_sizes) {
      for (const size_t length : options.lengths) {
        const PassShape pass{batch_size, length, options.logits};
        SOTTO_ASSIGN_OR_RETURN(SplitRow row,
                               SplitPoint(checkpoint, options, split, plain, pass, pool).Measure());
        std::printf("%s\n", SplitTableLine(report, row).c_str());
        std::fflush(stdout);
        report.split_rows.push_back(std::move(row));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace sotto
