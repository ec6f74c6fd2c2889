#include "cli/head_output.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "base/check.h"
#include "cli/npy_header.h"

namespace sotto {
namespace {

static_assert(std::endian::native == std::endian::little);

using Json = nlohmann::ordered_json;

std::string Dumped(const Json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

// What every result begins with.
Json BeginResult(const ScoreItem& item, const char* head) {
  Json json;
  json["index"] = item.index;
  if (!item.request.id.is_null()) json["id"] = item.request.id;
  json["tokens"] = item.rows[0].ids.size();
  if (item.cut_tokens > 0) json["cut_tokens"] = item.cut_tokens;
  if (item.doubled_bos) json["doubled_bos"] = true;
  json["head"] = head;
  return json;
}

void AppendRow(std::span<const float> row, std::string& text) {
  char separator = '[';
  for (const float value : row) {
    char digits[32];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
    SOTTO_CHECK(error == std::errc());
    text += separator;
    text.append(digits, end);
    separator = ',';
  }
  text += ']';
}

}  // namespace

std::string ClassifiedLine(const ScoreItem& item, const HeadSpec& head) {
  const Classification& result = item.classification;
  Json json = BeginResult(item, "classifier");
  json["labels"] = Json::array();
  for (size_t k = 0; k < head.labels.size(); ++k) {
    Json label = {{"label", head.labels[k]}, {"logit", result.logits[k]}};
    if (!result.probabilities.empty()) label["probability"] = result.probabilities[k];
    json["labels"].push_back(std::move(label));
  }
  const auto choice = std::ranges::max_element(result.logits) - result.logits.begin();
  if (head.labels.size() > 1) {
    json["choice"] = choice;
    json["label"] = head.labels[static_cast<size_t>(choice)];
  } else {
    json["score"] =
        result.probabilities.empty() ? double{result.logits[0]} : result.probabilities[0];
  }
  json["check"] = item.check;
  return Dumped(json) + "\n";
}

std::string EmbeddedLine(const ScoreItem& item, const EmbedOptions& options) {
  const Hidden& embedding = item.embedding;
  Json json = BeginResult(item, "embedding");
  json["pooling"] = kPoolingNames[static_cast<size_t>(options.pooling)];
  json["dimensions"] = embedding.hidden_size;
  json["normalized"] = options.normalize;
  json["check"] = item.check;
  std::string line = Dumped(json);
  line.pop_back();  // Its brace.
  line += ",\"embedding\":";
  if (options.pooling != Pooling::kAll) {
    AppendRow(embedding.row(0), line);
  } else {
    for (size_t i = 0; i < embedding.rows; ++i) {
      line += i == 0 ? '[' : ',';
      AppendRow(embedding.row(i), line);
    }
    line += ']';
  }
  return line + "}\n";
}

std::string EmbeddedBytes(const ScoreItem& item) {
  const std::vector<float>& values = item.embedding.values;
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

std::string ArrayHeader(size_t rows, size_t dimensions) {
  std::string header = NpyHeader("<f4", {rows, dimensions});
  SOTTO_CHECK(header.size() == kArrayHeaderBytes);
  return header;
}

}  // namespace sotto
