#include "tools/bench_run.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/stopwatch.h"
#include "base/strings.h"
#include "base/thread_pool.h"
#include "cli/config_warning.h"
#include "model/checkpoint.h"
#include "tools/bench_files.h"
#include "tools/bench_html.h"
#include "tools/bench_pass.h"
#include "tools/bench_result.h"
#include "tools/bench_split.h"
#include "tools/bench_split_files.h"
#include "tools/foreign_cpu.h"
#include "tools/machine_name.h"
#include "trusted/api/backend.h"
#include "trusted/api/memory_needed.h"
#include "trusted/engine/cost_model.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

constexpr char kJsonName[] = "bench.json", kCsvName[] = "bench.csv", kHtmlName[] = "bench.html",
               kSplitCsvName[] = "bench_split.csv";

std::string UtcNow() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

// Once a point has taken so long, waiting for a quieter moment has not helped.
constexpr double kPatienceSeconds = 10;

// Measures until there are options.repeats undisturbed runs; or that many of any kind when patience
// is at an end; or twice as many in all. If then the undisturbed are too few, the others count
// after all, and the row says so.
absl::Status MeasureRow(Engine& engine, const BenchOptions& options,
                        std::span<const std::vector<int32_t>> prompts, BenchRow& row) {
  const RunOptions run_options{.logits = row.pass.logits};
  for (int i = 0; i < options.warmups; ++i) {
    SOTTO_RETURN_IF_ERROR(TimePass(engine, prompts, run_options).status());
  }
  const size_t wanted = static_cast<size_t>(options.repeats);
  const Stopwatch stopwatch;
  std::vector<double> disturbed, cpu_seconds;
  const auto enough = [&] {
    const size_t runs = row.seconds.size() + disturbed.size();
    return row.seconds.size() == wanted || runs == 2 * wanted ||
           (runs >= wanted && stopwatch.seconds() > kPatienceSeconds);
  };
  while (!enough()) {
    const ForeignCpuMeter meter;
    const double cpu_before = OwnCpuSeconds();
    SOTTO_ASSIGN_OR_RETURN(const double seconds, TimePass(engine, prompts, run_options));
    cpu_seconds.push_back(OwnCpuSeconds() - cpu_before);
    (meter.disturbed() ? disturbed : row.seconds).push_back(seconds);
  }
  row.rejected = static_cast<int>(disturbed.size());
  std::sort(disturbed.begin(), disturbed.end());
  for (size_t i = 0; row.seconds.size() < wanted; ++i) {
    row.seconds.push_back(disturbed[i]);
    row.disturbed = true;
    --row.rejected;
  }
  row.spread = SpreadOf(row.seconds);
  row.cpu = SpreadOf(cpu_seconds);
  return absl::OkStatus();
}

void Judge(const BenchReport& report, const BatchWork& work, BenchRow& row) {
  row.operations = work.linear_operations + work.attention_operations;
  const GemmPeak& peak = PeakOf(report, row.precision);
  row.peak_share = row.operations_per_second() / peak.limit();
  row.product_share = row.operations_per_second() / peak.product;
}

// For the greatest pass: one engine serves a precision's whole sweep.
EngineOptions EngineOptionsOf(const BenchOptions& options) {
  return {.threads = options.threads,
          .batch_size = *std::ranges::max_element(options.batch_sizes),
          .prefill_length = *std::ranges::max_element(options.lengths)};
}

absl::Status SweepPrecision(const Checkpoint& checkpoint, const BenchOptions& options,
                            Precision precision, ThreadPool& pool, BenchReport& report) {
  report.peak_resident_resets = ResetPeakResident();
  const ModelSpec& config = checkpoint.config();
  const EngineOptions engine_options = EngineOptionsOf(options);
  const auto backend = MakeLocalBackend(checkpoint, {.precision = precision}, pool);
  SOTTO_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine, backend->MakeEngine(engine_options));
  for (const size_t batch_size : options.batch_sizes) {
    for (const size_t length : options.lengths) {
      BenchRow row{.precision = precision, .pass = {batch_size, length, options.logits}};
      const auto prompts = RandomPrompts(row.pass, config.vocab_size);
      SOTTO_RETURN_IF_ERROR(MeasureRow(*engine, options, prompts, row));
      row.weight_bytes = WeightBytes(config, precision);
      Judge(report, WorkOf(config, engine_options, prompts, {.logits = options.logits}), row);
      row.peak_resident_bytes = PeakResidentSinceReset();
      row.arena_bytes = engine->arena_bytes();
      std::printf("%s\n", TableLine(row).c_str());
      std::fflush(stdout);
      report.rows.push_back(std::move(row));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckLengths(const BenchOptions& options, const ModelSpec& config) {
  for (const size_t length : options.lengths) {
    if (length > config.max_position_embeddings) {
      return absl::InvalidArgumentError(StrCat(
          "--lengths: ", length, " positions, but the model has ", config.max_position_embeddings));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckFits(const Checkpoint& checkpoint, const BenchOptions& options) {
  for (const Precision precision : options.precisions) {
    SOTTO_RETURN_IF_ERROR(
        CheckLocalRunFits(checkpoint, {.precision = precision}, EngineOptionsOf(options)));
  }
  return absl::OkStatus();
}

absl::Status MakeDirectory(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) return absl::OkStatus();
  return absl::InvalidArgumentError(StrCat(path, ": ", error.message()));
}

absl::Status WriteFiles(const BenchReport& report, const std::string& dir) {
  const fs::path base(dir);
  SOTTO_RETURN_IF_ERROR(WriteFileAtomically(base / kJsonName, BenchJson(report)));
  SOTTO_RETURN_IF_ERROR(WriteFileAtomically(base / kCsvName, BenchCsv(report)));
  if (!report.split_rows.empty()) {
    SOTTO_RETURN_IF_ERROR(WriteFileAtomically(base / kSplitCsvName, SplitCsv(report)));
  }
  return WriteFileAtomically(base / kHtmlName, BenchHtml(report));
}

// Measures and prints the peaks.
void MeasurePeaks(const BenchOptions& options, ThreadPool& pool, BenchReport& report) {
  report.read_bytes_per_second = MeasureReadBandwidth(pool);
  for (const Precision precision : options.precisions) {
    report.peaks.push_back({precision, MeasureGemmPeak(precision, pool)});
  }
  std::printf("%s\n%s\n", PeakLines(report).c_str(), TableHeader().c_str());
  std::fflush(stdout);
}

}  // namespace

const GemmPeak& PeakOf(const BenchReport& report, Precision precision) {
  const auto found = std::ranges::find(report.peaks, precision, &PrecisionPeak::precision);
  SOTTO_CHECK(found != report.peaks.end());
  return found->gemm;
}

std::vector<std::string> BenchOutputPaths(const BenchOptions& options) {
  std::vector<std::string> paths;
  for (const char* name : {kJsonName, kCsvName, kHtmlName, kSplitCsvName}) {
    paths.push_back(fs::path(options.output_dir) / name);
  }
  return paths;
}

absl::Status RunBench(const BenchOptions& options) {
  SOTTO_ASSIGN_OR_RETURN(const Checkpoint checkpoint, Checkpoint::Open(options.model_dir));
  WarnOfConfig(checkpoint.directory(), checkpoint.config().unknown_fields,
               checkpoint.config().warnings);
  SOTTO_RETURN_IF_ERROR(CheckLengths(options, checkpoint.config()));
  SOTTO_RETURN_IF_ERROR(CheckFits(checkpoint, options));
  SOTTO_RETURN_IF_ERROR(MakeDirectory(options.output_dir));
  BenchReport report{.model_name = fs::weakly_canonical(options.model_dir).filename().string(),
                     .parameters = checkpoint.parameter_count(),
                     .cpu = MachineName(),
                     .started = UtcNow(),
                     .threads = options.threads,
                     .warmups = options.warmups,
                     .repeats = options.repeats,
                     .logits = options.logits};
  ThreadPool pool(options.threads);
  MeasurePeaks(options, pool, report);
  for (const Precision precision : options.precisions) {
    SOTTO_RETURN_IF_ERROR(SweepPrecision(checkpoint, options, precision, pool, report));
  }
  if (!options.splits.empty()) {
    SOTTO_RETURN_IF_ERROR(SweepSplit(checkpoint, options, pool, report));
  }
  SOTTO_RETURN_IF_ERROR(WriteFiles(report, options.output_dir));
  std::printf("Written: %s/bench.{json,csv,html}\n", options.output_dir.c_str());
  return absl::OkStatus();
}

}  // namespace sotto
