#include "tools/bench_command.h"

#include <array>
#include <charconv>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cpu.h"
#include "base/strings.h"
#include "cli/default_model.h"
#include "cli/named_files.h"
#include "cli/setting.h"
#include "cli/split_flags.h"
#include "tools/bench_options.h"
#include "tools/bench_run.h"
#include "trusted/tee/resources.h"

namespace sotto {
namespace {

constexpr int64_t kMaxThreads = 1024, kMaxRuns = 1000;
constexpr size_t kMaxLength = size_t{1} << 30, kMaxBatchSize = 65536;
constexpr std::array<std::string_view, 2> kLogitsModes = {"all", "last"};

absl::StatusOr<std::vector<size_t>> Numbers(const Setting& setting, size_t max) {
  const std::string list = setting.value();
  std::vector<size_t> numbers;
  for (const std::string_view part : SplitCommas(list)) {
    size_t number = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    const bool whole = error == std::errc() && end == part.data() + part.size();
    if (!whole || number == 0 || number > max) {
      return UsageError(
          StrCat(setting.source(), ": must be numbers from 1 to ", max, ", separated by commas"));
    }
    numbers.push_back(number);
  }
  return numbers;
}

absl::StatusOr<std::vector<Precision>> Precisions(const Setting& setting,
                                                  std::string_view default_list) {
  const std::string list = setting.given() ? setting.value() : std::string(default_list);
  std::vector<Precision> precisions;
  for (const std::string_view part : SplitCommas(list)) {
    const absl::StatusOr<Precision> precision = ParsePrecision(part);
    if (!precision.ok()) {
      return UsageError(StrCat(setting.source(), ": ", ToStd(precision.status().message())));
    }
    precisions.push_back(*precision);
  }
  return precisions;
}

class BenchFlags {
 public:
  explicit BenchFlags(CLI::App& app)
      : model_(app, {.flag = "--model",
                     .placeholder = "DIR",
                     .help = "Hugging Face directory of a model",
                     .variable = "LLAMA_MODEL_PATH",
                     .shown_default = "the shipped model"}),
        lengths_(app, {.flag = "--lengths",
                       .placeholder = "N,N,..",
                       .help = "Prefill lengths",
                       .default_value = "64,128,256,512,1024"}),
        batch_sizes_(app, {.flag = "--batch-sizes",
                           .placeholder = "N,N,..",
                           .help = "Batch sizes",
                           .default_value = "1,2,4,8"}),
        precisions_(app, {.flag = "--precisions",
                          .placeholder = "P,P,..",
                          .help = "Precisions: any of f32, bf16, int8, fixed and auto",
                          .shown_default = "all; with --split int8,bf16"}),
        logits_(app, {.flag = "--logits",
                      .placeholder = "WHICH",
                      .help = "Positions whose logits are computed: all or last",
                      .default_value = "all"}),
        threads_(app, {.flag = "--threads",
                       .placeholder = "N",
                       .help = "Number of threads",
                       .shown_default = "all processors"}),
        warmups_(app, {.flag = "--warmups",
                       .placeholder = "N",
                       .help = "Unmeasured runs before each measurement",
                       .default_value = "1"}),
        repeats_(app, {.flag = "--repeats",
                       .placeholder = "N",
                       .help = "Measured runs",
                       .default_value = "5"}),
        output_(app, {.flag = "--output",
                      .placeholder = "DIR",
                      .help = "Directory for bench.json, bench.csv and bench.html",
                      .default_value = "bench_results"}),
        split_(app) {
    split_.HideRetries();
  }

  absl::StatusOr<BenchOptions> Read() const {
    BenchOptions options;
    SOTTO_ASSIGN_OR_RETURN(options.lengths, Numbers(lengths_, kMaxLength));
    SOTTO_ASSIGN_OR_RETURN(options.batch_sizes, Numbers(batch_sizes_, kMaxBatchSize));
    SOTTO_ASSIGN_OR_RETURN(options.splits, split_.ReadEach());
    SOTTO_ASSIGN_OR_RETURN(
        options.precisions,
        Precisions(precisions_, options.splits.empty() ? "f32,bf16,int8,fixed" : "int8,bf16"));
    SOTTO_ASSIGN_OR_RETURN(const size_t logits, logits_.Choice(kLogitsModes));
    options.logits = logits == 0 ? LogitsMode::kAll : LogitsMode::kLast;
    SOTTO_ASSIGN_OR_RETURN(options.warmups, warmups_.Integer(0, kMaxRuns));
    SOTTO_ASSIGN_OR_RETURN(options.repeats, repeats_.Integer(1, kMaxRuns));
    options.threads = AvailableProcessors();
    if (threads_.given()) {
      SOTTO_ASSIGN_OR_RETURN(options.threads, threads_.Integer(1, kMaxThreads));
    }
    options.output_dir = output_.value();
    if (options.output_dir.empty()) return UsageError("--output: the directory name is empty");
    SOTTO_ASSIGN_OR_RETURN(options.model_dir, ModelOf(model_));
    SOTTO_RETURN_IF_ERROR(CheckFiles(options));
    return options;
  }

 private:
  absl::Status CheckFiles(const BenchOptions& options) const {
    NamedFiles files;
    files.AddModel(model_.source(), options.model_dir);
    split_.AddFiles(files);
    for (std::string& path : BenchOutputPaths(options)) {
      files.outputs.push_back({output_.source(), std::move(path)});
    }
    return files.CheckApart();
  }

  Setting model_, lengths_, batch_sizes_, precisions_, logits_, threads_, warmups_, repeats_,
      output_;
  SplitFlags split_;
};

}  // namespace

void AddBench(CLI::App& app, Invocation& invocation) {
  const auto flags = std::make_shared<BenchFlags>(app);
  app.callback([flags, &invocation] {
    invocation.run = [flags]() -> absl::Status {
      SOTTO_ASSIGN_OR_RETURN(const BenchOptions options, flags->Read());
      if (CountsResources()) return RunBench(options);
      return absl::FailedPreconditionError(
          "bench: Gramine reports neither processor time nor memory; time sotto prefill there");
    };
  });
}

}  // namespace sotto
