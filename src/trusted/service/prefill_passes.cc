#include "trusted/service/prefill_passes.h"

#include <utility>

#include "base/log.h"
#include "base/strings.h"

namespace sotto {
namespace {

// Copies of the prompts, which are wiped.
class PassIds {
 public:
  explicit PassIds(const Pass& pass) {
    for (const PassPrompt* prompt : pass.prompts) ids_.push_back(prompt->ids);
  }
  ~PassIds() {
    for (TokenIds& ids : ids_) WipeContents(ids);
  }
  PassIds(const PassIds&) = delete;
  PassIds& operator=(const PassIds&) = delete;

  TokenPrompts prompts() const { return ids_; }

 private:
  std::vector<TokenIds> ids_;
};

ScoreOptions OptionsOf(const Pass& pass) {
  ScoreOptions options{.top_k = pass.kind.top_k, .ranks = pass.kind.ranks};
  for (size_t i = 0; i < pass.prompts.size(); ++i) {
    const PassPrompt& prompt = *pass.prompts[i];
    options.first_tokens.push_back(prompt.first_token);
    // Naming no token asks for the position all the same.
    if (!prompt.last_position && prompt.labels.empty()) continue;
    options.named.push_back({i, prompt.ids.size() - 1, prompt.labels, prompt.labels_among});
  }
  return options;
}

absl::Status ForClients(const absl::Status& status) {
  if (status.ok() || absl::IsCancelled(status)) return status;
  Log(LogLevel::kError, StrCat("a pass failed: ", ToStd(status.message())));
  if (absl::IsFailedPrecondition(status) || absl::IsInvalidArgument(status)) return status;
  if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) {
    return absl::UnavailableError("an accelerator that this server needs does not answer");
  }
  return absl::InternalError("the pass failed");
}

}  // namespace

RunPass PassesOver(Prefill& passes, Prefill* beside) {
  return [&passes, beside](const Pass& pass, std::stop_token stop) -> absl::StatusOr<PassResults> {
    Prefill& prefill = pass.urgent ? *beside : passes;
    const PassIds ids(pass);
    const RunControl control{.stop = std::move(stop), .pause = pass.pause, .owners = pass.owners};
    PassResults results;
    if (pass.kind.output == PassOutput::kClasses) {
      auto classes = prefill.Classify(ids.prompts(), control);
      if (!classes.ok()) return ForClients(classes.status());
      results.classes = *std::move(classes);
    } else if (pass.kind.output == PassOutput::kHidden) {
      auto hidden = prefill.Embed(
          ids.prompts(),
          {.pooling = pass.kind.pooling, .dimensions = pass.kind.dimensions, .normalize = true},
          control);
      if (!hidden.ok()) return ForClients(hidden.status());
      results.hidden = *std::move(hidden);
    } else {
      auto scores = prefill.Score(ids.prompts(), OptionsOf(pass), control);
      if (!scores.ok()) return ForClients(scores.status());
      results.scores = *std::move(scores);
    }
    return results;
  };
}

}  // namespace sotto
