#include "cli/score_lengths.h"

#include <algorithm>

#include "base/strings.h"

namespace sotto {
namespace {

// Longer rows than most need; more are to be asked for, as memory is taken for all of a batch.
constexpr size_t kUsualLength = 2048;

// Its options that a model may not have room for.
absl::Status CheckAgainstModel(const ModelInfo& model, const ScoreSettings& settings) {
  if (settings.top_k.value_or(0) > model.vocab_size) {
    return absl::InvalidArgumentError(
        StrCat("--top-k: ", *settings.top_k, ", but the model has ", model.vocab_size, " tokens"));
  }
  if (settings.embed.dimensions <= model.hidden_size) return absl::OkStatus();
  return absl::InvalidArgumentError(StrCat("--dimensions: ", settings.embed.dimensions,
                                           ", but hidden states have ", model.hidden_size));
}

}  // namespace

absl::Status ResolveForModel(const ModelInfo& model, ScoreJob& job) {
  PrefillOptions& prefill = job.prefill;
  if (job.default_length && !prefill.pad_compute) prefill.prefill_length = kUsualLength;
  if (job.default_length) {
    prefill.prefill_length = std::min(prefill.prefill_length, model.max_positions);
  }
  if (prefill.prefill_length > model.max_positions) {
    return absl::InvalidArgumentError(
        StrCat(job.prefill_length_source, ": ", prefill.prefill_length,
               " positions, but the model has ", model.max_positions));
  }
  ScoreSettings& settings = job.settings;
  SOTTO_RETURN_IF_ERROR(CheckAgainstModel(model, settings));
  if (settings.corpus && !settings.stride.has_value() &&
      settings.count == WindowCount::kHuggingFace) {
    settings.stride = std::max<size_t>(prefill.prefill_length / 2, 1);
  }
  if (settings.stride.value_or(0) > prefill.prefill_length) {
    return absl::InvalidArgumentError(StrCat("--stride: ", *settings.stride,
                                             ", more than --prefill-length, ",
                                             prefill.prefill_length, ": tokens would be left out"));
  }
  return absl::OkStatus();
}

}  // namespace sotto
