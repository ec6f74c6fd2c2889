// The result file of `sotto prefill`: docs/result_format.md gives the meaning of every key. It
// holds the prompts and is the user's own: where it is written, and who may read it, is theirs to
// choose.
#ifndef SOTTO_CLI_PREFILL_RESULT_H_
#define SOTTO_CLI_PREFILL_RESULT_H_

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/batch_forecast.h"
#include "cli/batch_rows.h"
#include "cli/logits_file.h"
#include "cli/prefill_options.h"
#include "cli/prompt_file.h"
#include "model/model_digest.h"

namespace sotto {

struct ModelFacts {
  std::string name;
  uint64_t parameters = 0;
  std::optional<ModelDigests> digests;  // Nothing where the weights came from a cache.
  bool sealed = false;                  // A sealed model, pinned or not.
};

struct Timings {
  double load_seconds = 0;      // Checkpoint, tokenizer, weights into the kernels' layout.
  double tokenize_seconds = 0;  // Prompts into ids.
  std::optional<double> calibration_seconds;  // Of the cost model, if it was calibrated.
  double prefill_seconds = 0;        // First batch's start to last batch's end, writing included.
  std::vector<BatchTiming> batches;  // In the order they ran.

  double forward_seconds() const;  // Of all batches.
};

struct PrefillReport {
  const PrefillOptions& options;
  std::span<const Prompt> prompts;
  const BatchRows& rows;
  LogitsShape logits;
  ModelFacts model;
  Timings timings;
  std::vector<std::optional<double>> perplexity;  // One a prompt.
  nlohmann::ordered_json mode_detail;             // Of the split mode; else null.
};

// Peak memory is asked of the system here.
nlohmann::ordered_json ResultJson(const PrefillReport& report);
// As it is written. Names that are not UTF-8 have U+FFFD in place of what is not.
std::string ResultText(const PrefillReport& report);

}  // namespace sotto

#endif  // SOTTO_CLI_PREFILL_RESULT_H_
