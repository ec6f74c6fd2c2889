#include "cli/prefill_flags.h"

#include <array>
#include <string_view>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/logits_file.h"

namespace sotto {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 2> kLogitsModes = {"all", "last"};

}  // namespace

PrefillFlags::PrefillFlags(CLI::App& app)
    : model_(app),
      prompts_(app),
      output_(app, {.flag = "--output",
                    .placeholder = "FILE",
                    .help = "The result, as JSON; - for standard output",
                    .variable = "LLAMA_TEE_RESULT_PATH",
                    .default_value = "tee_only_results.json"}),
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
                   .help = StrCat("With --logprobs: list the N most likely tokens, at most ",
                                  kMaxTopK, ", after each position"),
                   .shown_default = "no list"}),
      receipt_(app),
      execution_(app) {}

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
  if (known.ok()) return known;
  return UsageError(StrCat(save_logits_.source(), ": ", ToStd(known.message())));
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
  execution_.AddFiles(files);
  for (const Setting* output : {&output_, &save_logits_, &logprobs_}) {
    files.outputs.push_back({output->source(), OutputPath(output->value())});
  }
  for (const std::string& path : FilesBesideLogits(options.save_logits_path)) {
    files.outputs.push_back({save_logits_.source(), path});
  }
  AddReceiptFiles(options.receipt, files);
  return files.CheckApart();
}

absl::Status PrefillFlags::ReadPositions(PrefillJob& options) const {
  SOTTO_ASSIGN_OR_RETURN(const size_t logits, logits_.Choice(kLogitsModes));
  options.prefill.positions = static_cast<Positions>(logits);
  if (!options.logprobs_path.empty() && options.prefill.positions == Positions::kLast) {
    return UsageError("--logprobs: requires --logits all");
  }
  return absl::OkStatus();
}

// A receipt is of one file that was read, and of one that was written.
absl::Status PrefillFlags::ReadReceipt(PrefillJob& options) const {
  SOTTO_ASSIGN_OR_RETURN(options.receipt, receipt_.Read());
  if (!options.receipt.wanted()) return absl::OkStatus();
  if (options.prompts_path.empty()) return UsageError("--receipt: needs --prompts FILE");
  if (save_logits_.given()) return NoReceiptWith("--save-logits, since it covers --output alone");
  if (logprobs_.given()) return NoReceiptWith("--logprobs, since it covers --output alone");
  return absl::OkStatus();
}

absl::StatusOr<PrefillJob> PrefillFlags::Read() const {
  SOTTO_RETURN_IF_ERROR(execution_.ApplyLogLevel());
  PrefillJob options;
  SOTTO_RETURN_IF_ERROR(prompts_.Read(options));
  SOTTO_RETURN_IF_ERROR(ReadOutputs(options));
  SOTTO_RETURN_IF_ERROR(ReadTopK(options));
  SOTTO_RETURN_IF_ERROR(model_.Read(options));
  SOTTO_RETURN_IF_ERROR(ReadReceipt(options));
  SOTTO_RETURN_IF_ERROR(CheckReceiptRun(options.receipt, options));
  SOTTO_RETURN_IF_ERROR(CheckFiles(options));
  SOTTO_RETURN_IF_ERROR(ReadPositions(options));
  SOTTO_RETURN_IF_ERROR(execution_.Read(options));
  return options;
}

}  // namespace sotto
