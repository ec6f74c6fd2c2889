// Prefill::Score and Prefill::LogprobsOf.
#include <optional>
#include <utility>

#include "sotto/prefill.h"
#include "trusted/api/named_logprobs.h"
#include "trusted/api/prefill_impl.h"
#include "trusted/api/prompt_checks.h"

namespace sotto {

absl::StatusOr<std::vector<Scores>> Prefill::Score(TokenPrompts prompts,
                                                   const ScoreOptions& options,
                                                   const RunControl& control) {
  std::vector<Scores> all(prompts.size());
  const RunRequest request{.scores =
                               [&](size_t prompt, Scores scores) {
                                 all[prompt] = std::move(scores);
                                 return absl::OkStatus();
                               },
                           .score_options = options};
  SOTTO_RETURN_IF_ERROR(Run(prompts, request, control).status());
  return all;
}

absl::StatusOr<std::vector<std::vector<double>>> Prefill::LogprobsOf(
    TokenPrompts prompts, std::span<const NamedTokens> named, const RunControl& control) {
  SOTTO_RETURN_IF_ERROR(CheckNamedTokens(prompts, named, impl_->model.info().vocab_size));
  const bool padded = impl_->options.pad_compute;
  NamedLogprobs logprobs(prompts.size(), named, padded);
  const PositionLists positions = WantedPositions(prompts, {}, named);
  const std::optional<ColumnLists> columns = NamedColumns(prompts.size(), named);
  PassRequest request{.positions = padded ? nullptr : &positions,
                      .columns = padded || !columns.has_value() ? nullptr : &*columns,
                      .rows = [&](size_t prompt, size_t position, ConstMatrixView<float> rows) {
                        logprobs.Take(prompt, position, rows);
                      }};
  SOTTO_RETURN_IF_ERROR(impl_->Run(prompts, request, control).status());
  return logprobs.TakeValues();
}

}  // namespace sotto
