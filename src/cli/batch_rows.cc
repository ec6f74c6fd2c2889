#include "cli/batch_rows.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace sotto {
namespace {

// The same status code, with the prompt's place in front.
absl::Status Locate(const Prompt& prompt, const absl::Status& status) {
  return absl::Status(status.code(), StrCat(prompt.source, ": ", ToStd(status.message())));
}

absl::StatusOr<std::vector<int32_t>> PromptIds(const Prompt& prompt, const Model& model,
                                               const EncodeTextOptions& encoding) {
  if (prompt.ids.has_value()) return *prompt.ids;
  absl::StatusOr<std::vector<int32_t>> ids =
      model.Encode(prompt.text, prompt.encoding.Over(encoding));
  if (!ids.ok()) return Locate(prompt, ids.status());
  return ids;
}

absl::Status CheckIds(const Prompt& prompt, std::span<const int32_t> ids, size_t vocab_size) {
  if (ids.empty()) {
    return absl::InvalidArgumentError(StrCat(prompt.source, ": has no tokens"));
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] >= 0 && static_cast<size_t>(ids[i]) < vocab_size) continue;
    return absl::InvalidArgumentError(StrCat(prompt.source, ": the id at position ", i,
                                             " is beyond the model's vocabulary of ", vocab_size,
                                             prompt.ids.has_value() ? "" : kTooManyTokens));
  }
  return absl::OkStatus();
}

absl::Status TooLong(const Prompt& prompt, const BatchRowsOptions& options) {
  return absl::InvalidArgumentError(StrCat(prompt.source, ": has more than ",
                                           options.prefill_length,
                                           " tokens; raise --prefill-length, or choose another "
                                           "--truncate than error"));
}

// How many ids at the front are the template's.
size_t BosTokens(const Prompt& prompt, const Model& model, const EncodeTextOptions& encoding) {
  return prompt.ids.has_value() ? 0 : model.bos_ids(prompt.encoding.Over(encoding).bos).size();
}

bool BeginsTwice(std::span<const int32_t> ids, size_t bos) {
  return bos > 0 && ids.size() >= 2 * bos &&
         std::equal(ids.begin(), ids.begin() + bos, ids.begin() + bos);
}

// REQUIRES: ids.size() > length.
void Cut(Truncation truncation, size_t bos, size_t length, std::vector<int32_t>& ids) {
  if (truncation == Truncation::kLeft && bos < length) {
    ids.erase(ids.begin() + bos, ids.end() - (length - bos));
  }
  ids.resize(length);
}

}  // namespace

size_t BatchRows::longest() const {
  size_t longest = 0;
  for (const std::vector<int32_t>& row : ids) longest = std::max(longest, row.size());
  return longest;
}

size_t BatchRows::real_tokens() const {
  size_t tokens = 0;
  for (const std::vector<int32_t>& row : ids) tokens += row.size();
  return tokens;
}

absl::StatusOr<BatchRows> MakeBatchRows(std::span<const Prompt> prompts, const Model& model,
                                        const BatchRowsOptions& options) {
  BatchRows rows{.prompt_count = prompts.size()};
  for (const Prompt& prompt : prompts) {
    SOTTO_ASSIGN_OR_RETURN(std::vector<int32_t> ids, PromptIds(prompt, model, options.encoding));
    SOTTO_RETURN_IF_ERROR(CheckIds(prompt, ids, model.info().vocab_size));
    const size_t number = rows.ids.size(), bos = BosTokens(prompt, model, options.encoding);
    if (BeginsTwice(ids, bos)) rows.doubled_bos.push_back(number);
    if (ids.size() > options.prefill_length) {
      if (options.truncation == Truncation::kError) return TooLong(prompt, options);
      rows.truncated.push_back(number);
      Cut(options.truncation, bos, options.prefill_length, ids);
    }
    rows.ids.push_back(std::move(ids));
  }
  const size_t batches = (prompts.size() + options.batch_size - 1) / options.batch_size;
  const size_t count = options.batch_size * (options.whole_batches ? batches : 1);
  for (size_t row = prompts.size(); row < count; ++row) {
    rows.ids.push_back(rows.ids[row - prompts.size()]);
  }
  return rows;
}

}  // namespace sotto
