#include "cli/prefill_result.h"

#include <numeric>

#include "cli/result_parts.h"
#include "model/model_spec.h"
#include "trusted/api/confidentiality.h"
#include "trusted/linear/local.h"
#include "trusted/tee/platform.h"
#include "trusted/tee/resources.h"

namespace sotto {
namespace {

using Json = nlohmann::ordered_json;

double PerSecond(double count, double seconds) { return seconds > 0 ? count / seconds : 0; }

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value.has_value() ? Json(*value) : Json();
}

// Prompts as they were given: text, or ids.
Json PromptsJson(std::span<const Prompt> prompts) {
  Json json = Json::array();
  for (const Prompt& prompt : prompts) {
    json.push_back(prompt.ids.has_value() ? Json(*prompt.ids) : Json(prompt.text));
  }
  return json;
}

Json ActualLengths(const BatchRows& rows) {
  Json json = Json::array();
  for (const std::vector<int32_t>& ids : rows.ids) json.push_back(ids.size());
  return json;
}

Json PerplexityJson(const std::vector<std::optional<double>>& perplexity) {
  Json json = Json::array();
  for (const std::optional<double>& value : perplexity) json.push_back(OrNull(value));
  return json;
}

// (predicted - measured) / measured.
std::optional<double> RelativeError(const BatchReport& batch) {
  if (!batch.predicted_seconds.has_value() || batch.seconds <= 0) return std::nullopt;
  return *batch.predicted_seconds / batch.seconds - 1;
}

// Of all batches that had a prediction, taken together.
std::optional<double> PredictionError(std::span<const BatchReport> batches) {
  BatchReport sum{.predicted_seconds = 0};
  for (const BatchReport& batch : batches) {
    if (!batch.predicted_seconds.has_value()) continue;
    *sum.predicted_seconds += *batch.predicted_seconds;
    sum.seconds += batch.seconds;
  }
  return RelativeError(sum);
}

Json TimingsJson(const Timings& timings, const RunReport& run) {
  Json json = {{"load_seconds", timings.load_seconds},
               {"tokenize_seconds", timings.tokenize_seconds},
               {"calibration_seconds", OrNull(run.calibration_seconds)},
               {"prefill_seconds", run.seconds}};
  for (const char* key :
       {"batch_seconds", "predicted_batch_seconds", "batch_prediction_errors", "batch_rows"}) {
    json[key] = Json::array();
  }
  for (const BatchReport& batch : run.batches) {
    json["batch_seconds"].push_back(batch.seconds);
    json["predicted_batch_seconds"].push_back(OrNull(batch.predicted_seconds));
    json["batch_prediction_errors"].push_back(OrNull(RelativeError(batch)));
    json["batch_rows"].push_back(batch.prompts);
  }
  json["prediction_error"] = OrNull(PredictionError(run.batches));
  return json;
}

Json DigestJson(const std::string& digest) { return digest.empty() ? Json() : Json(digest); }

Json ModelJson(const PrefillReport& report) {
  const ModelDigestSet digests = report.digests.value_or(ModelDigestSet{});
  Json json = {{"name", report.model.name},
               {"parameters", report.model.parameters},
               {"head", HeadName(report.model.head.kind)},
               {"weights_sha256", DigestJson(digests.weights)},
               {"config_sha256", DigestJson(digests.config)},
               {"tokenizer_sha256", DigestJson(digests.tokenizer)},
               {"model_sha256", DigestJson(digests.model)}};
  if (report.model.sealed) json["pinned_root"] = DigestJson(report.options.model.sealed_root);
  return json;
}

Json TeeJson(const PlatformReport& report) {
  Json json = {{"platform", PlatformName(report.platform)},
               {"protects_from_host", ProtectsFromHost(report.platform)}};
  if (report.platform == Platform::kGramineSgx) json["attestation_type"] = report.attestation_type;
  return json;
}

}  // namespace

double PrefillReport::forward_seconds() const {
  return std::accumulate(run.batches.begin(), run.batches.end(), 0.0,
                         [](double sum, const BatchReport& batch) { return sum + batch.seconds; });
}

Json ResultJson(const PrefillReport& report) {
  const size_t rows = report.rows.ids.size(), length = report.options.prefill.prefill_length;
  const double seconds = report.forward_seconds();
  const double tokens = static_cast<double>(rows) * static_cast<double>(length);
  Json json;
  json["mode"] = "prefill-only";
  json["prompt_count"] = report.prompts.size();
  json["prefill_length"] = length;
  json["time_seconds"] = seconds;
  json["total_tokens"] = rows * length;
  json["throughput_tokens_per_sec"] = PerSecond(tokens, seconds);
  json["prompts"] = PromptsJson(report.prompts);
  json["input_ids_shape"] = {rows, length};
  json["actual_lengths"] = ActualLengths(report.rows);
  json["last_token_logits_shape"] = {rows, report.logits.vocab_size};
  json["output_logits_shape"] = report.logits.dimensions();
  json["batch_size"] = report.options.prefill.batch_size;
  json["truncated"] = report.rows.truncated.size();
  json["truncation"] = kTruncationNames[static_cast<size_t>(report.options.truncation)];
  json["truncated_prompts"] = report.rows.truncated;
  json["doubled_bos_prompts"] = report.rows.doubled_bos;
  const PrecisionReport& precision = report.precision;
  json["precision"] = PrecisionName(precision.linear);
  json["precision_reason"] = precision.linear_reason;
  if (precision.fixed_weights.has_value()) {
    json["fixed_weights"] = FixedWeightBits(*precision.fixed_weights);
  }
  json["attention_precision"] = AttentionPrecisionName(precision.attention);
  json["attention_precision_reason"] = precision.attention_reason;
  json["threads"] = report.options.prefill.threads;
  json["model"] = ModelJson(report);
  json["timings"] = TimingsJson(report.timings, report.run);
  json["peak_rss_bytes"] = OrNull(PeakResidentBytes());
  json["real_tokens_per_sec"] = PerSecond(static_cast<double>(report.rows.real_tokens()), seconds);
  json["perplexity"] = PerplexityJson(report.perplexity);
  const PlatformReport platform = DetectPlatform();
  json["tee"] = TeeJson(platform);
  const std::optional<SplitOptions>& split = report.options.prefill.split;
  json["confidential"] =
      ConfidentialityJson(JudgeConfidentiality(platform, split.has_value() ? &*split : nullptr));
  json["sotto_version"] = SOTTO_VERSION;
  if (report.run.split.has_value()) json["mode_detail"] = SplitJson(*report.run.split);
  return json;
}

std::string ResultText(const PrefillReport& report) {
  return ResultJson(report).dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) +
         "\n";
}

}  // namespace sotto
