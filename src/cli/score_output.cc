#include "cli/score_output.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "cli/head_output.h"
#include "model/model_spec.h"
#include "trusted/api/token_scores.h"

namespace sotto {
namespace {

using Json = nlohmann::ordered_json;

std::string AsLine(const Json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

Json NumberOrNull(const std::optional<double>& number) {
  return number.has_value() ? Json(*number) : Json();
}

// The most likely tokens after a position: [{"id", "token", "logprob"}, ..].
Json LikelyTokens(std::span<const TokenLogprob> top, const Model& model) {
  std::vector<int32_t> ids;
  for (const TokenLogprob& token : top) ids.push_back(token.id);
  const std::vector<std::optional<std::string>> texts = model.TokenTextsApart(ids);
  Json json = Json::array();
  for (size_t k = 0; k < ids.size(); ++k) {
    const bool has_text = k < texts.size() && texts[k].has_value();
    json.push_back({{"id", ids[k]},
                    {"token", has_text ? Json(*texts[k]) : Json()},
                    {"logprob", top[k].logprob}});
  }
  return json;
}

// What several rows, the windows of a text, come to; of one row, itself.
struct RowSums {
  size_t tokens = 0;
  double sum_logprob = 0;
  bool greedy = true;

  void Add(const ScoreRow& row, const Scores& scores) {
    tokens += scores.tokens;
    sum_logprob += scores.sum_logprob;
    greedy = greedy && scores.IsGreedy(row.ids, row.first_token);
  }
};

void AddSums(const RowSums& sums, Json& json) {
  json["tokens"] = sums.tokens;
  json["sum_logprob"] = sums.sum_logprob;
  json["perplexity"] = NumberOrNull(Perplexity(sums.sum_logprob, sums.tokens));
  json["greedy"] = sums.greedy;
}

// Of the scored tokens.
void AddTokenValues(std::span<const ScoreRow> rows, std::span<const Scores> scores,
                    const Model& model, const ScoreSettings& settings, Json& json) {
  if (settings.sums_only) return;
  Json ids = Json::array(), logprobs = Json::array(), top = Json::array();
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t i = rows[r].first_token; i < rows[r].ids.size(); ++i) {
      ids.push_back(rows[r].ids[i]);
      logprobs.push_back(scores[r].logprobs[i]);
      if (settings.top_k.has_value()) {
        top.push_back(LikelyTokens(scores[r].top_after(i - 1), model));
      }
    }
  }
  json["ids"] = std::move(ids);
  json["logprobs"] = std::move(logprobs);
  if (settings.top_k.has_value()) json["top"] = std::move(top);
}

// Characters of a continuation without the white space before it, by whose number
// lm-evaluation-harness's acc_norm divides; nullopt of ids.
std::optional<size_t> CharactersOf(const TextOrIds& continuation) {
  if (continuation.ids.has_value()) return std::nullopt;
  const std::string_view text = continuation.text;
  const size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  size_t count = 0;
  for (size_t at = begin; at < text.size(); at += NextUtf8(text.substr(at)).length) ++count;
  return std::max<size_t>(count, 1);
}

// The first of the largest.
size_t Largest(const std::vector<double>& values) {
  return static_cast<size_t>(std::ranges::max_element(values) - values.begin());
}

void AddContinuations(const ScoreItem& item, const Model& model, const ScoreSettings& settings,
                      Json& json) {
  std::vector<double> sums, per_character;
  json["continuations"] = Json::array();
  for (size_t k = 0; k < item.rows.size(); ++k) {
    RowSums row;
    row.Add(item.rows[k], item.scores[k]);
    Json one;
    AddSums(row, one);
    AddTokenValues({&item.rows[k], 1}, {&item.scores[k], 1}, model, settings, one);
    json["continuations"].push_back(std::move(one));
    sums.push_back(row.sum_logprob);
    const std::optional<size_t> characters = CharactersOf(item.request.continuations[k]);
    const double divisor = static_cast<double>(characters.value_or(row.tokens));
    per_character.push_back(row.sum_logprob / divisor);
  }
  json["choice"] = Largest(sums);
  json["choice_norm"] = Largest(per_character);
}

// Log-probabilities of the labels: of one row that names them, or each its row's sum.
std::vector<double> LabelLogprobs(const ScoreItem& item) {
  if (!item.rows[0].labels.empty()) return item.scores[0].named.at(0);
  std::vector<double> logprobs;
  for (const Scores& scores : item.scores) logprobs.push_back(scores.sum_logprob);
  return logprobs;
}

TokenIds LabelIds(const ScoreItem& item, size_t label) {
  if (!item.rows[0].labels.empty()) return {item.rows[0].labels[label]};
  const ScoreRow& row = item.rows[label];
  return {row.ids.begin() + row.first_token, row.ids.end()};
}

void AddLabels(const ScoreItem& item, const Model& model, const ScoreSettings& settings,
               Json& json) {
  const std::vector<double> logprobs = LabelLogprobs(item);
  const double largest = logprobs[Largest(logprobs)];
  double total = 0;  // In units of the largest.
  for (const double logprob : logprobs) total += std::exp(logprob - largest);
  json["labels"] = Json::array();
  for (size_t k = 0; k < logprobs.size(); ++k) {
    Json one;
    const TextOrIds& label = item.request.continuations[k];
    one["label"] = label.ids.has_value() ? Json(*label.ids) : Json(label.text);
    one["ids"] = LabelIds(item, k);
    one["logprob"] = logprobs[k];
    one["probability"] = std::exp(logprobs[k]);
    one["share"] = std::exp(logprobs[k] - largest) / total;
    json["labels"].push_back(std::move(one));
  }
  json["choice"] = Largest(logprobs);
  if (settings.top_k.has_value()) {
    json["top"] = LikelyTokens(item.scores[0].top_after(item.rows[0].first_token - 1), model);
  }
}

void AddText(const ScoreItem& item, const Model& model, const ScoreSettings& settings, Json& json) {
  RowSums sums;
  for (size_t r = 0; r < item.rows.size(); ++r) sums.Add(item.rows[r], item.scores[r]);
  AddSums(sums, json);
  AddTokenValues(item.rows, item.scores, model, settings, json);
}

Json WindowJson(const ScoreItem& item) {
  return {{"index", item.index},
          {"head", HeadName(HeadKind::kLmHead)},
          {"text", item.corpus->text},
          {"first_token", item.corpus->first_token},
          {"tokens", item.scores[0].tokens},
          {"sum_logprob", item.scores[0].sum_logprob},
          {"check", item.check}};
}

std::string ScoredLine(const ScoreItem& item, const Model& model, const ScoreSettings& settings) {
  if (item.corpus.has_value()) return AsLine(WindowJson(item));
  Json json;
  json["index"] = item.index;
  if (!item.request.id.is_null()) json["id"] = item.request.id;
  const bool text = item.request.kind == ScoreKind::kText;
  if (!text) json["context_tokens"] = item.context_tokens;
  if (item.cut_tokens > 0) json["cut_tokens"] = item.cut_tokens;
  if (item.doubled_bos) json["doubled_bos"] = true;
  json["head"] = HeadName(HeadKind::kLmHead);
  switch (item.request.kind) {
    case ScoreKind::kText:
    case ScoreKind::kContinuation:
      AddText(item, model, settings, json);
      break;
    case ScoreKind::kContinuations:
      AddContinuations(item, model, settings, json);
      break;
    case ScoreKind::kLabels:
      AddLabels(item, model, settings, json);
      break;
  }
  json["check"] = item.check;
  return AsLine(json);
}

}  // namespace

std::string ResultLine(const ScoreItem& item, const Model& model, const ScoreJob& job) {
  switch (job.settings.task) {
    case LineTask::kScore:
      return ScoredLine(item, model, job.settings);
    case LineTask::kClassify:
      return ClassifiedLine(item, model.info().head);
    case LineTask::kEmbed:
      return job.array ? EmbeddedBytes(item) : EmbeddedLine(item, job.settings.embed);
  }
  SOTTO_CHECK(false && "unknown LineTask");
}

absl::Status CorpusTotals::Add(const nlohmann::ordered_json& line) {
  const bool whole = line.is_object() && line.contains("tokens") && line.contains("sum_logprob") &&
                     line["tokens"].is_number_unsigned() && line["sum_logprob"].is_number();
  if (!whole) return absl::InvalidArgumentError("is no window of a corpus");
  ++windows_;
  tokens_ += line["tokens"].get<size_t>();
  sum_logprob_ += line["sum_logprob"].get<double>();
  return absl::OkStatus();
}

std::string CorpusTotals::Line(const Corpus& corpus) const {
  const bool has_stride = corpus.settings.count == WindowCount::kHuggingFace;
  std::optional<double> bits_per_byte;
  if (corpus.every_token && corpus.bytes.value_or(0) > 0) {
    bits_per_byte = -sum_logprob_ / std::numbers::ln2 / static_cast<double>(*corpus.bytes);
  }
  Json totals;
  totals["texts"] = corpus.texts;
  totals["windows"] = windows_;
  totals["tokens"] = tokens_;
  totals["bytes"] = corpus.bytes.has_value() ? Json(*corpus.bytes) : Json();
  totals["sum_logprob"] = sum_logprob_;
  totals["perplexity"] = NumberOrNull(Perplexity(sum_logprob_, tokens_));
  totals["bits_per_byte"] = NumberOrNull(bits_per_byte);
  totals["length"] = corpus.length;
  totals["stride"] = has_stride ? Json(corpus.settings.stride.value_or(0)) : Json();
  totals["count_as"] = has_stride ? "huggingface" : "llama.cpp";
  return AsLine({{"corpus", std::move(totals)}, {"check", corpus.check.substr(0, 16)}});
}

}  // namespace sotto
