#include "cli/prefill_outputs.h"

#include <utility>

namespace sotto {
namespace {

// They hold prompts, or what tells them.
constexpr AtomicFileOptions kOwnerOnly = {.owner_only = true};

}  // namespace

absl::StatusOr<PrefillOutputs> PrefillOutputs::Create(const PrefillJob& options,
                                                      const LogitsShape& shape,
                                                      const BatchRows& rows) {
  SOTTO_ASSIGN_OR_RETURN(AtomicFile result, AtomicFile::Create(options.output_path, kOwnerOnly));
  PrefillOutputs outputs(std::move(result));
  if (!options.logprobs_path.empty()) {
    SOTTO_ASSIGN_OR_RETURN(AtomicFile logprobs,
                           AtomicFile::Create(options.logprobs_path, kOwnerOnly));
    outputs.logprobs_.emplace(std::move(logprobs));
    if (options.top_k.has_value()) outputs.top_list_ = TopList::kWritten;
  }
  if (!options.save_logits_path.empty()) {
    SOTTO_ASSIGN_OR_RETURN(outputs.logits_,
                           LogitsFile::Create(options.save_logits_path, shape, rows));
  }
  return outputs;
}

absl::Status PrefillOutputs::Commit(std::string_view result_json) {
  SOTTO_RETURN_IF_ERROR(result_.Append(result_json));
  if (logits_ != nullptr) SOTTO_RETURN_IF_ERROR(logits_->Commit());
  if (logprobs_.has_value()) SOTTO_RETURN_IF_ERROR(logprobs_->Commit());
  return result_.Commit();
}

}  // namespace sotto
