// What one line of results is made of: the rows that are computed for it, and their scores.
// TRUSTED: holds prompts.
#ifndef SOTTO_CLI_SCORE_ITEM_H_
#define SOTTO_CLI_SCORE_ITEM_H_

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "cli/score_job.h"
#include "cli/score_line.h"
#include "sotto/model.h"
#include "sotto/scores.h"

namespace sotto {

// A row of a forward pass.
struct ScoreRow {
  TokenIds ids = {};
  size_t first_token = 1;            // Scored are tokens [first_token, ids.size()),
  std::vector<int32_t> labels = {};  // and what may follow the last one.
};

// Of a corpus.
struct CorpusPlace {
  size_t text = 0;         // Its number.
  size_t first_token = 0;  // Of the text: the first that is scored.
};

struct ScoreItem {
  size_t index = 0;         // Of the line of results.
  std::string source = {};  // "FILE: line 3".
  std::string check = {};
  ScoreRequest request = {};
  std::optional<CorpusPlace> corpus = {};
  size_t context_tokens = 0;
  size_t cut_tokens = 0;     // The most that --truncate-left took from a row.
  bool doubled_bos = false;  // The text begins with the BOS that was put before it once more.
  std::vector<ScoreRow> rows = {};
  // The results, where they are known: one a row, or those of a text's only row.
  std::vector<Scores> scores = {};
  Classification classification = {};
  Hidden embedding = {};
  size_t rows_done = 0;
};

// Line by line, from what was asked to rows.
class ScoreEncoder {
 public:
  // `settings` with a stride no longer than `length`, the most tokens of a row.
  ScoreEncoder(const Model& model, const ScoreSettings& settings, size_t length)
      : model_(model), settings_(settings), length_(length) {}

  // Fills `item.rows` and what describes them. INVALID_ARGUMENT, beginning with `item.source`, for
  // text that is not UTF-8, an id beyond the vocabulary, too many tokens, or what
  // EncodeContinuations() refuses; FAILED_PRECONDITION for text without a tokenizer.
  absl::Status Encode(ScoreItem& item) const;

  // The ids of a text. Errors begin with `source`.
  absl::StatusOr<TokenIds> TextIds(const ScoreRequest& request, std::string_view source) const;
  // The window of a text as a row; `bos`: how the text was encoded.
  ScoreRow WindowRow(const TokenIds& ids, const TextWindow& window, BosUse bos) const;
  // What the row of a request begins with, of the tokenizer's.
  std::span<const int32_t> BosOf(const ScoreRequest& request) const;
  // How the request's text is encoded.
  EncodeTextOptions EncodingOf(const ScoreRequest& request) const {
    return request.encoding.Over(settings_.encoding);
  }

 private:
  absl::Status EncodeText(ScoreItem& item) const;
  absl::Status EncodeContinuing(ScoreItem& item) const;
  absl::StatusOr<ContinuationIds> ContinuingIds(const ScoreItem& item) const;
  // Cuts the row, or refuses it.
  absl::Status Fit(ScoreItem& item, ScoreRow& row) const;
  // `given`: what they are the ids of.
  absl::Status CheckVocabulary(const TokenIds& ids, const TextOrIds& given,
                               std::string_view source) const;
  bool DoubledBos(const ScoreRequest& request, const TokenIds& ids) const;

  const Model& model_;
  const ScoreSettings settings_;
  const size_t length_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_SCORE_ITEM_H_
