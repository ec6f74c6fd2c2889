#include "cli/line_flags.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <limits>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "base/strings.h"
#include "cli/command.h"
#include "cli/receipt_flags.h"
#include "cli/score_shard.h"

namespace sotto {
namespace {

constexpr int64_t kLongestRow = std::numeric_limits<int32_t>::max();
constexpr int64_t kLargestBatch = 65536;
// In the order of the enumerators.
constexpr std::array<std::string_view, 2> kInputFormats = {"text", "jsonl"};

ScoreFormat FormatOfInput(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".txt" || extension == ".text" ? ScoreFormat::kText : ScoreFormat::kJsonLines;
}

// Of names that promise another format than lines: OK where there is none.
absl::Status CheckOutputName(const std::string& source, const std::string& path, bool npy) {
  for (const std::string_view extension : {".npy", ".npz", ".safetensors"}) {
    if (!path.ends_with(extension) || (npy && extension == ".npy")) continue;
    return UsageError(
        StrCat(source, ": cannot write ", extension, ", but JSON lines", npy ? " and .npy" : ""));
  }
  return absl::OkStatus();
}

}  // namespace

LineFlags::LineFlags(CLI::App& app, const LineFilesHelp& help)
    : model_(app),
      input_(app,
             {.flag = "--input", .placeholder = "FILE", .help = help.input, .default_value = "-"}),
      input_format_(app, {.flag = "--input-format",
                          .placeholder = "F",
                          .help = "text or jsonl",
                          .shown_default = "text for .txt and .text, else jsonl"}),
      output_(
          app,
          {.flag = "--output", .placeholder = "FILE", .help = help.output, .default_value = "-"}),
      resume_(AddSwitch(app, "--resume",
                        "Keep the whole lines that --output has, and go on behind them")),
      shard_(app, {.flag = "--shard",
                   .placeholder = "I/N",
                   .help = "Take the I-th of N shares; the last process to end joins them",
                   .shown_default = "what mpirun or srun says, else everything"}),
      prefill_length_(app, {.flag = "--prefill-length",
                            .placeholder = "N",
                            .help = "Most tokens of a text, or of a context with what follows it",
                            .variable = "LLAMA_PREFILL_LENGTH",
                            .shown_default = "the model's positions, at most 2048; 128 where "
                                             "padding is computed"}),
      batch_size_(app, {.flag = "--batch-size",
                        .placeholder = "N",
                        .help = "Rows per forward pass",
                        .variable = "LLAMA_TEE_BATCH_SIZE",
                        .shown_default = "32; 1 where padding is computed"}),
      truncate_left_(AddSwitch(app, "--truncate-left",
                               "Cut the first tokens (but BOS) off what is longer than "
                               "--prefill-length, rather than refuse it")),
      text_(app) {}

absl::Status LineFlags::ReadFiles(ScoreJob& job) const {
  job.input_path = InputPath(input_.value());
  job.output_path = OutputPath(output_.value());
  if (job.input_path.empty()) return UsageError("--input: the file name is empty");
  if (job.output_path.empty()) return UsageError("--output: the file name is empty");
  SOTTO_RETURN_IF_ERROR(
      CheckOutputName(output_.source(), job.output_path, job.settings.task == LineTask::kEmbed));
  job.input_format = FormatOfInput(job.input_path);
  if (input_format_.given()) {
    SOTTO_ASSIGN_OR_RETURN(const size_t format, input_format_.Choice(kInputFormats));
    job.input_format = static_cast<ScoreFormat>(format);
  }
  job.resume = resume_->count() > 0;
  if (job.resume && DescriptorOfPath(job.output_path).has_value()) {
    return UsageError("--resume: needs --output with the name of a file");
  }
  if (shard_.given()) {
    SOTTO_ASSIGN_OR_RETURN(job.shard, ParseShard(shard_.value()));
  } else {
    SOTTO_ASSIGN_OR_RETURN(job.shard, ShardOfLauncher());
  }
  return absl::OkStatus();
}

absl::Status LineFlags::ReadShape(ScoreJob& job) const {
  job.prefill_length_source = prefill_length_.source();
  job.default_length = !prefill_length_.given();
  job.default_batch = !batch_size_.given();
  if (!job.default_length) {
    SOTTO_ASSIGN_OR_RETURN(job.prefill.prefill_length, prefill_length_.Integer(2, kLongestRow));
  }
  if (!job.default_batch) {
    SOTTO_ASSIGN_OR_RETURN(job.prefill.batch_size, batch_size_.Integer(1, kLargestBatch));
  }
  return absl::OkStatus();
}

absl::Status LineFlags::ReadLines(ScoreJob& job) const {
  SOTTO_RETURN_IF_ERROR(ReadFiles(job));
  SOTTO_RETURN_IF_ERROR(ReadShape(job));
  ScoreSettings& settings = job.settings;
  settings.truncate_left = truncate_left_->count() > 0;
  SOTTO_ASSIGN_OR_RETURN(settings.encoding, text_.Read());
  return absl::OkStatus();
}

absl::Status LineFlags::CheckRepeatable(const ExecutionFlags& execution,
                                        const ScoreJob& job) const {
  const std::string_view what = job.resume           ? "--resume"
                                : !job.shard.alone() ? "sharing the lines out"
                                                     : "";
  if (!what.empty() && execution.measures_precision()) {
    return UsageError(StrCat("--precision and --attention-precision: with ", what,
                             " they must be named; auto could choose otherwise each time"));
  }
  if (job.shard.alone()) return absl::OkStatus();
  for (const auto& [setting, path] :
       {std::pair{&input_, job.input_path}, std::pair{&output_, job.output_path}}) {
    if (!DescriptorOfPath(path).has_value()) continue;
    return UsageError(StrCat(
        setting->source(), ": must be the name of a file where several processes share the work"));
  }
  return absl::OkStatus();
}

absl::Status LineFlags::CheckFiles(const ExecutionFlags& execution, const ScoreJob& job) const {
  NamedFiles files;
  files.inputs.push_back({input_.source(), job.input_path});
  model_.AddFiles(job, files);
  execution.AddFiles(files);
  files.outputs.push_back({output_.source(), job.output_path});
  if (!job.shard.alone()) {
    files.outputs.push_back({output_.source(), ShardPath(job.output_path, job.shard)});
  }
  AddReceiptFiles(job.receipt, files);
  return files.CheckApart();
}

absl::Status LineFlags::ReadRun(const ExecutionFlags& execution, ScoreJob& job) const {
  SOTTO_RETURN_IF_ERROR(CheckRepeatable(execution, job));
  SOTTO_RETURN_IF_ERROR(model_.Read(job));
  SOTTO_RETURN_IF_ERROR(CheckFiles(execution, job));
  SOTTO_RETURN_IF_ERROR(execution.Read(job));
  if (job.default_batch && !job.prefill.pad_compute) job.prefill.batch_size = 32;
  return absl::OkStatus();
}

}  // namespace sotto
