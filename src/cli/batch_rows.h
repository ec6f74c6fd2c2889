// From prompts to the rows of the forward passes. TRUSTED: holds prompts.
#ifndef SOTTO_CLI_BATCH_ROWS_H_
#define SOTTO_CLI_BATCH_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "cli/prompt_file.h"
#include "cli/truncation.h"
#include "sotto/model.h"

namespace sotto {

// Ids of every row. Row r holds prompt r mod prompt_count: prompts in order, and again from the
// first one where there are fewer than one batch, or where all batches are to be whole.
struct BatchRows {
  std::vector<std::vector<int32_t>> ids = {};  // 1 .. prefill_length of them a row.
  size_t prompt_count = 0;
  // Prompts, by number, that were longer than prefill_length; and those whose text begins with the
  // BOS that the tokenizer's template put before it once more.
  std::vector<size_t> truncated = {}, doubled_bos = {};

  size_t longest() const;
  size_t real_tokens() const;
};

struct BatchRowsOptions {
  size_t prefill_length = 128;
  size_t batch_size = 1;
  Truncation truncation = Truncation::kRight;
  EncodeTextOptions encoding = {};  // Of prompts that do not say it themselves.
  // Fills the last batch, so that its size does not tell how many prompts there are.
  bool whole_batches = false;
};

// Text becomes the tokenizer's ids, BOS included where it is asked for; ids stay as they are.
// Errors name the prompt's source: INVALID_ARGUMENT for text that is not UTF-8, a prompt that comes
// to no token at all, an id beyond the model's vocabulary (by its position; the tokenizer may know
// fewer), or, if truncation is an error, more than prefill_length tokens; FAILED_PRECONDITION for
// text without a tokenizer.
absl::StatusOr<BatchRows> MakeBatchRows(std::span<const Prompt> prompts, const Model& model,
                                        const BatchRowsOptions& options);

}  // namespace sotto

#endif  // SOTTO_CLI_BATCH_ROWS_H_
