// The files that `sotto prefill` writes: opened before the work, named after all of it succeeded.
#ifndef SOTTO_CLI_PREFILL_OUTPUTS_H_
#define SOTTO_CLI_PREFILL_OUTPUTS_H_

#include <memory>
#include <optional>
#include <string_view>

#include "base/file.h"
#include "base/status.h"
#include "cli/batch_rows.h"
#include "cli/logits_file.h"
#include "cli/logprobs_file.h"
#include "cli/prefill_options.h"

namespace sotto {

class PrefillOutputs {
 public:
  // New files are their owner's alone. Errors as base/file.h.
  static absl::StatusOr<PrefillOutputs> Create(const PrefillJob& options, const LogitsShape& shape,
                                               const BatchRows& rows);

  // Null where not asked for.
  LogitsFile* logits() { return logits_.get(); }
  bool wants_logprobs() const { return logprobs_.has_value(); }
  TopList top_list() const { return top_list_; }

  // REQUIRES: wants_logprobs().
  absl::Status AppendLogprobs(std::string_view line) { return logprobs_->Append(line); }

  // Writes the result, and names all files, the result last: whoever sees it has everything.
  absl::Status Commit(std::string_view result_json);

 private:
  explicit PrefillOutputs(AtomicFile result) : result_(std::move(result)) {}

  AtomicFile result_;
  std::optional<AtomicFile> logprobs_;
  TopList top_list_ = TopList::kLeftOut;
  std::unique_ptr<LogitsFile> logits_;
};

}  // namespace sotto

#endif  // SOTTO_CLI_PREFILL_OUTPUTS_H_
