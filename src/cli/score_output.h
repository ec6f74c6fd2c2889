// The results of a line, and those that `sotto score` writes; docs/scoring.md gives the meaning of
// every key.
// TRUSTED: they hold ids, and what is derived from prompts.
#ifndef SOTTO_CLI_SCORE_OUTPUT_H_
#define SOTTO_CLI_SCORE_OUTPUT_H_

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cli/score_item.h"
#include "cli/score_job.h"
#include "sotto/model.h"

namespace sotto {

// What the job's command writes of an item: a line, or a row of an array. REQUIRES: every row of
// the item has its results; scores of at least one top token.
std::string ResultLine(const ScoreItem& item, const Model& model, const ScoreJob& job);

// Of a corpus: sums over its lines, which are read back as they stand in the file, so that a run
// that was resumed or shared comes to the same bits.
class CorpusTotals {
 public:
  // INVALID_ARGUMENT for what is no line of a corpus's results.
  absl::Status Add(const nlohmann::ordered_json& line);

  // What the input alone tells, and how it was counted.
  struct Corpus {
    size_t texts = 0;
    std::optional<uint64_t> bytes = {};
    bool every_token = false;  // Is scored: all but a BOS that is put before a text.
    size_t length = 0;
    ScoreSettings settings = {};
    std::string check = {};
  };
  // The last line of a corpus's results.
  std::string Line(const Corpus& corpus) const;

 private:
  size_t windows_ = 0, tokens_ = 0;
  double sum_logprob_ = 0;
};

}  // namespace sotto

#endif  // SOTTO_CLI_SCORE_OUTPUT_H_
