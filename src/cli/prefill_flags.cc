#include "cli/prefill_flags.h"

#include <array>
#include <string_view>

#include "base/cpu.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/api_errors.h"
#include "cli/command.h"
#include "cli/logits_file.h"

namespace sotto {
namespace {

constexpr int64_t kMaxThreads = 1024;
// In the order of the enumerators.
constexpr std::array<std::string_view, 2> kLogitsModes = {"all", "last"};
constexpr std::array<std::string_view, 3> kProgressModes = {"auto", "always", "never"};

// The same error, as one of the command line.
absl::Status BlameSetting(const Setting& setting, const absl::Status& status) {
  return UsageError(StrCat(setting.source(), ": ", ToStd(status.message())));
}

}  // namespace

PrefillFlags::PrefillFlags(CLI::App& app)
    : model_(app),
      prompts_(app),
      output_(app, {.flag = "--output",
                    .placeholder = "FILE",
                    .help = "The result, as JSON; - for standard output",
                    .variable = "LLAMA_TEE_RESULT_PATH",
                    .default_value = "tee_only_results.json"}),
      precision_(app),
      threads_(app, {.flag = "--threads",
                     .placeholder = "N",
                     .help = "Number of threads",
                     .shown_default = "all processors"}),
      logits_(app, {.flag = "--logits",
                    .placeholder = "WHICH",
                    .help = "Positions whose logits are computed: all or last",
                    .default_value = "all"}),
      save_logits_(
          app, {.flag = "--save-logits",
                .placeholder = "FILE",
                .help = "Write the logits to FILE.safetensors, or to FILE.npy with ids and lengths "
                        "in files beside it"}),
      logprobs_(app, {.flag = "--logprobs",
                      .placeholder = "FILE",
                      .help = "Write ids, tokens, log-probabilities and top tokens, one JSON line "
                              "per prompt; - for standard output"}),
      top_k_(app, {.flag = "--top-k",
                   .placeholder = "N",
                   .help = "With --logprobs: list the N most likely tokens after each position",
                   .shown_default = "no list"}),
      pad_compute_(AddSwitch(app, "--pad-compute",
                             "Compute padding too, so that timing does not reveal prompt lengths")),
      oblivious_embedding_(AddSwitch(app, "--oblivious-embedding",
                                     "Read the whole embedding table for every batch, so that "
                                     "memory accesses do not reveal tokens; computes padding too")),
      progress_(app, {.flag = "--progress",
                      .placeholder = "WHEN",
                      .help = "Show progress on stderr: always, never, or auto (on a terminal, for "
                              "work of more than a second)",
                      .default_value = "auto"}),
      log_level_(app, {.flag = "--log-level",
                       .placeholder = "LEVEL",
                       .help = "Messages on stderr: error, warning, info or debug",
                       .default_value = "warning"}),
      split_(app) {}

absl::Status PrefillFlags::ReadOutputs(PrefillJob& options) const {
  for (const auto& [setting, path] : {std::pair{&output_, &options.output_path},
                                      std::pair{&save_logits_, &options.save_logits_path},
                                      std::pair{&logprobs_, &options.logprobs_path}}) {
    *path = OutputPath(setting->value());
    if (setting->given() && path->empty()) {
      return UsageError(StrCat(setting->source(), ": the file name is empty"));
    }
  }
  if (options.save_logits_path.empty()) return absl::OkStatus();
  const absl::Status known = LogitsFormatOfPath(options.save_logits_path).status();
  return known.ok() ? known : BlameSetting(save_logits_, known);
}

absl::Status PrefillFlags::ReadTopK(PrefillJob& options) const {
  if (!top_k_.given()) return absl::OkStatus();
  if (options.logprobs_path.empty()) {
    return UsageError("--top-k: has no effect without --logprobs");
  }
  SOTTO_ASSIGN_OR_RETURN(options.top_k, top_k_.Integer(1, int64_t{kMaxTopK}));
  return absl::OkStatus();
}

absl::Status PrefillFlags::CheckFiles(const PrefillJob& options) const {
  NamedFiles files;
  prompts_.AddFiles(options, files);
  model_.AddFiles(options, files);
  split_.AddFiles(files);
  for (const Setting* output : {&output_, &save_logits_, &logprobs_}) {
    files.outputs.push_back({output->source(), OutputPath(output->value())});
  }
  for (const std::string& path : FilesBesideLogits(options.save_logits_path)) {
    files.outputs.push_back({save_logits_.source(), path});
  }
  return files.CheckApart();
}

absl::Status PrefillFlags::ReadExecution(PrefillJob& options) const {
  PrefillOptions& prefill = options.prefill;
  SOTTO_ASSIGN_OR_RETURN(prefill.split, split_.Read());
  SOTTO_RETURN_IF_ERROR(precision_.Read(prefill));
  prefill.oblivious_embedding = oblivious_embedding_->count() > 0;
  prefill.pad_compute =
      prefill.split.has_value() || prefill.oblivious_embedding || pad_compute_->count() > 0;
  prefill.threads = AvailableProcessors();
  if (threads_.given()) {
    SOTTO_ASSIGN_OR_RETURN(prefill.threads, threads_.Integer(1, kMaxThreads));
  }
  options.model.threads = prefill.threads;
  SOTTO_ASSIGN_OR_RETURN(const size_t logits, logits_.Choice(kLogitsModes));
  prefill.positions = static_cast<Positions>(logits);
  SOTTO_ASSIGN_OR_RETURN(const size_t progress, progress_.Choice(kProgressModes));
  options.progress = static_cast<ProgressMode>(progress);
  if (!options.logprobs_path.empty() && prefill.positions == Positions::kLast) {
    return UsageError("--logprobs: requires --logits all");
  }
  if (prefill.split.has_value()) SOTTO_RETURN_IF_ERROR(CheckSplitUsage(*prefill.split));
  const absl::Status valid = InFlagTerms(Validate(prefill));
  return absl::IsInvalidArgument(valid) ? UsageError(ToStd(valid.message())) : valid;
}

absl::StatusOr<PrefillJob> PrefillFlags::Read() const {
  const absl::StatusOr<LogLevel> level = ParseLogLevel(log_level_.value());
  if (!level.ok()) return BlameSetting(log_level_, level.status());
  SetLogLevel(*level);
  PrefillJob options;
  SOTTO_RETURN_IF_ERROR(prompts_.Read(options));
  SOTTO_RETURN_IF_ERROR(ReadOutputs(options));
  SOTTO_RETURN_IF_ERROR(ReadTopK(options));
  SOTTO_RETURN_IF_ERROR(model_.Read(options));
  SOTTO_RETURN_IF_ERROR(CheckFiles(options));
  SOTTO_RETURN_IF_ERROR(ReadExecution(options));
  return options;
}

}  // namespace sotto
