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

#include "cli/batch_rows.h"
#include "cli/logits_file.h"
#include "cli/prefill_options.h"
#include "cli/prompt_file.h"
#include "sotto/model.h"
#include "sotto/prefill.h"

namespace sotto {

struct Timings {
  double load_seconds = 0;      // Checkpoint, tokenizer, weights into the kernels' layout.
  double tokenize_seconds = 0;  // Prompts into ids.
};

struct PrefillReport {
  const PrefillJob& options;
  std::span<const Prompt> prompts;
  const BatchRows& rows;
  LogitsShape logits;
  ModelInfo model;
  std::optional<ModelDigestSet> digests = {};  // Nothing where the weights came from a cache.
  PrecisionReport precision;
  Timings timings;
  RunReport run;
  std::vector<std::optional<double>> perplexity;  // One a prompt.

  double forward_seconds() const;  // Of all batches.
};

// Peak memory is asked of the system here.
nlohmann::ordered_json ResultJson(const PrefillReport& report);
// As it is written. Names that are not UTF-8 have U+FFFD in place of what is not.
std::string ResultText(const PrefillReport& report);

}  // namespace sotto

#endif  // SOTTO_CLI_PREFILL_RESULT_H_
