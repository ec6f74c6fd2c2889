#include "cli/score_check.h"

#include <nlohmann/json.hpp>

#include "base/strings.h"
#include "cli/hash_text.h"
#include "cli/text_encoding.h"
#include "model/sha256.h"
#include "trusted/linear/local.h"

namespace sotto {
namespace {

// Says what was not known beforehand; nobody resumes or joins such a run.
constexpr std::string_view kChosen = "auto";

std::string_view LinearName(const PrefillOptions& options) {
  if (options.precision.has_value()) return PrecisionName(*options.precision);
  return options.split.has_value() ? "fixed" : kChosen;
}

std::string_view AttentionName(const PrefillOptions& options) {
  if (options.attention_precision.has_value()) {
    return AttentionPrecisionName(*options.attention_precision);
  }
  const bool f32 = options.split.has_value() || options.precision == Precision::kF32 ||
                   options.precision == Precision::kFixed;
  return f32 ? "f32" : kChosen;
}

}  // namespace

CheckChain::CheckChain(std::string_view settings) : state_(Sha256Hex(settings)) {}

void CheckChain::Add(std::string_view line) {
  Sha256 hash;
  for (const std::string_view part : {std::string_view(state_), std::string_view("\n"), line}) {
    HashText(part, hash);
  }
  state_ = hash.FinishHex();
}

bool IsRepeatable(const PrefillOptions& options) {
  return LinearName(options) != kChosen && AttentionName(options) != kChosen;
}

std::string CheckedSettings(const ScoreJob& job, std::string_view model_sha256) {
  const ScoreSettings& settings = job.settings;
  const PrefillOptions& prefill = job.prefill;
  nlohmann::ordered_json json;
  json["version"] = SOTTO_VERSION;
  json["model"] = model_sha256;
  json["precision"] = LinearName(prefill);
  json["fixed_weights"] = FixedWeightBits(prefill.fixed_weights);
  json["attention"] = AttentionName(prefill);
  json["bos"] = BosName(settings.encoding.bos);
  json["special_tokens"] = SpecialTokensName(settings.encoding);
  json["text"] = job.input_format == ScoreFormat::kText;
  if (settings.task != LineTask::kScore) {
    json["task"] = kTaskNames[static_cast<size_t>(settings.task)];
    const EmbedOptions& embed = settings.embed;
    json["embed"] = {static_cast<int>(embed.pooling), embed.dimensions, embed.normalize};
  }
  json["top_k"] = settings.top_k.value_or(0);
  json["sums_only"] = settings.sums_only;
  // What fits is not changed by how much would have fitted.
  if (settings.truncate_left || settings.corpus || settings.stride.has_value()) {
    json["length"] = prefill.prefill_length;
    json["truncate_left"] = settings.truncate_left;
    json["corpus"] = settings.corpus;
    json["stride"] = settings.stride.value_or(0);
    json["count"] = static_cast<int>(settings.count);
  }
  return json.dump();
}

}  // namespace sotto
