#include "cli/prefill_outputs.h"

#include <array>
#include <filesystem>
#include <string>
#include <system_error>

#include "base/strings.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

absl::Status CheckDistinct(const PrefillOptions& options) {
  const std::array<std::string, 3> paths = {options.output_path, options.save_logits_path,
                                            options.logprobs_path};
  std::array<fs::path, 3> places;
  for (size_t i = 0; i < paths.size(); ++i) {
    std::error_code error;  // Then the path stays empty, and opening it will say why.
    if (!paths[i].empty()) places[i] = fs::weakly_canonical(fs::absolute(paths[i]), error);
    for (size_t j = 0; j < i; ++j) {
      if (places[i].empty() || places[i] != places[j] || fs::is_other(places[i], error)) continue;
      return absl::InvalidArgumentError(StrCat(paths[i], ": named for two outputs at once"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PrefillOutputs> PrefillOutputs::Create(const PrefillOptions& options,
                                                      const LogitsShape& shape,
                                                      const BatchRows& rows) {
  SOTTO_RETURN_IF_ERROR(CheckDistinct(options));
  SOTTO_ASSIGN_OR_RETURN(AtomicFile result, AtomicFile::Create(options.output_path));
  PrefillOutputs outputs(std::move(result));
  if (!options.logprobs_path.empty()) {
    SOTTO_ASSIGN_OR_RETURN(AtomicFile logprobs, AtomicFile::Create(options.logprobs_path));
    outputs.logprobs_.emplace(std::move(logprobs));
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
