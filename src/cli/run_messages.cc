#include "cli/run_messages.h"

#include <cstdio>
#include <string>

#include "base/file.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/api_errors.h"
#include "cli/config_warning.h"
#include "cli/score_job.h"
#include "model/sealed_model.h"
#include "trusted/api/split_backend.h"
#include "trusted/linear/local.h"
#include "trusted/tee/platform.h"

namespace sotto {
namespace {

// Where padding is computed so that nobody sees how long prompts are, or how many the last batch
// has, nobody reads it here.
std::string WorkText(const PrefillJob& options, const BatchRows& rows) {
  if (!options.prefill.pad_compute) {
    return StrCat(CountOf(rows.prompt_count, "prompt"), ", ", CountOf(rows.real_tokens(), "token"));
  }
  return StrCat(CountOf(rows.ids.size(), "row"), ", ",
                CountOf(rows.ids.size() * options.prefill.prefill_length, "position"));
}

std::string FilesText(const PrefillJob& options) {
  std::string text = DisplayName(options.output_path);
  for (const std::string& path : {options.logprobs_path, options.save_logits_path}) {
    if (!path.empty()) text = StrCat(text, ", ", DisplayName(path));
  }
  return text;
}

void WarnOfHost() {
  const PlatformReport report = DetectPlatform();
  if (ProtectsFromHost(report.platform)) {
    Notice(DescribePlatform(report));
  } else {
    Log(LogLevel::kWarning, DescribePlatform(report));
  }
}

// A sealed file that is whole is not yet the one that was meant.
void WarnOfUnpinnedModel(const RunJob& options) {
  if (!IsSealedModelPath(options.model_path) || !options.model.sealed_root.empty()) return;
  if (!options.model.model_sha256.empty()) return;
  Log(LogLevel::kWarning,
      StrCat(options.model_path,
             ": opened without --weights-root: another sealed model in its place",
             options.model.key_file.empty() ? "" : ", sealed under the same key",
             ", or an older version, would go unnoticed"));
}

}  // namespace

std::string CountOf(size_t n, std::string_view what) {
  return StrCat(n, " ", what, n == 1 ? "" : "s");
}

std::string SecondsText(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, seconds < 10 ? "%.2f s" : "%.0f s", seconds);
  return text;
}

void WarnBeforePrompts(const RunJob& job) {
  WarnOfHost();
  if (job.prefill.split.has_value()) {
    const std::string warning = ConfidentialityWarning(*job.prefill.split);
    if (!warning.empty()) Log(LogLevel::kWarning, warning);
  }
}

void WarnOfTokenizer(const std::string& directory, const TokenizerFileWarnings& warnings,
                     std::optional<BosUse> bos) {
  const auto warn = [&](std::string_view text) {
    const std::string line = StrCat(directory, "/", text);
    Log(LogLevel::kWarning, bos.has_value() ? WithFlagAdvice(line) : line);
  };
  for (const std::string& text : warnings.general) warn(text);
  // What the flag decides is no longer in question: `never` leaves out EOS, too.
  const BosUse use = bos.value_or(BosUse::kAuto);
  if (use == BosUse::kAuto && !warnings.bos.empty()) warn(warnings.bos);
  if (use != BosUse::kNever && !warnings.eos.empty()) warn(warnings.eos);
}

void SayModel(const RunJob& job, const ModelInfo& model, std::optional<BosUse> bos) {
  WarnOfUnpinnedModel(job);
  WarnOfConfig(model.path, model.unknown_fields, model.warnings);
  WarnOfWeights(model.path, model.weight_warnings,
                job.prefill.hidden_states_only ? "" : model.logits_warning);
  WarnOfTokenizer(model.path, {model.tokenizer_warnings, model.bos_warning, model.eos_warning},
                  bos);
  Log(LogLevel::kInfo,
      StrCat("model ", model.path, ": ", CountOf(model.parameters, "parameter"), ", ",
             CountOf(model.layers, "layer"), ", vocabulary ", model.vocab_size));
}

void WarnOfEmbedding(const ModelInfo& model, const EmbedOptions& options,
                     std::string_view pooling_flag) {
  const TrainedEmbedding& trained = model.trained_embedding;
  const auto warn = [&](std::string_view text) {
    Log(LogLevel::kWarning, StrCat(model.path, "/", text));
  };
  for (const std::string& text : trained.unsupported) warn(text);
  const bool one_row = options.pooling != Pooling::kAll;
  if (one_row && trained.pooling.value_or(options.pooling) != options.pooling) {
    warn(StrCat(trained.pooling_file, ": the model was trained for ", pooling_flag, " ",
                kPoolingNames[static_cast<size_t>(*trained.pooling)]));
  }
  if (one_row && trained.normalize && !options.normalize) {
    warn("modules.json: the model was trained for --normalize");
  }
}

void SayPrecision(const Prefill& prefill) {
  const PrecisionReport& precision = prefill.precision();
  std::string weights;
  if (precision.fixed_weights.has_value()) {
    weights = StrCat(", weights of up to ", FixedWeightBits(*precision.fixed_weights), " bits");
  }
  Log(LogLevel::kInfo,
      StrCat("precision ", PrecisionName(precision.linear), weights, " (", precision.linear_reason,
             "), attention in ", AttentionPrecisionName(precision.attention), ", ",
             CountOf(static_cast<size_t>(prefill.threads()), "thread")));
}

void SayRows(const PrefillJob& options, const BatchRows& rows) {
  Log(LogLevel::kInfo, StrCat(WorkText(options, rows), ", in batches of ",
                              options.prefill.batch_size, "; writing ", FilesText(options)));
}

void SayRelay(const RunReport& run) {
  if (!run.split.has_value() || run.split->why_no_relay.empty()) return;
  Notice("no relay: --relay-to lets the first server send to the second; --no-relay does without");
}

void SayWhatWasDone(const PrefillJob& options, const BatchRows& rows, double seconds,
                    Precision precision) {
  Notice(StrCat(WorkText(options, rows), " in ", SecondsText(seconds), ", ",
                PrecisionName(precision), ": ", FilesText(options)));
}

}  // namespace sotto
