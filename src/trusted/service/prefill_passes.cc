#include "trusted/service/prefill_passes.h"

#include <utility>

#include "base/log.h"
#include "base/strings.h"

namespace sotto {
namespace {

// Copies of the prompts in plain vectors, which are wiped.
class PassIds {
 public:
  explicit PassIds(const Pass& pass) {
    for (const PassPrompt* prompt : pass.prompts) {
      ids_.emplace_back(prompt->ids.begin(), prompt->ids.end());
    }
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
    options.named.push_back({i, prompt.ids.size() - 1,
                             std::vector<int32_t>(prompt.labels.begin(), prompt.labels.end()),
                             prompt.labels_among});
  }
  return options;
}

// What puts the results of a run into `results`, which outlives it.
RunRequest RequestFor(const Pass& pass, PassResults& results) {
  RunRequest request;
  const size_t count = pass.prompts.size();
  const auto keep_in = [count](auto& list) {
    list.resize(count);
    return [&list](size_t prompt, auto result) {
      list[prompt] = std::move(result);
      return absl::OkStatus();
    };
  };
  switch (pass.kind.output) {
    case PassOutput::kScores:
      request.scores = keep_in(results.scores);
      request.score_options = OptionsOf(pass);
      break;
    case PassOutput::kHidden:
      request.embeddings = keep_in(results.hidden);
      request.embed_options = {
          .pooling = pass.kind.pooling, .dimensions = pass.kind.dimensions, .normalize = true};
      break;
    case PassOutput::kClasses:
      request.classes = keep_in(results.classes);
      break;
  }
  return request;
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
    const absl::StatusOr<RunReport> run =
        prefill.Run(ids.prompts(), RequestFor(pass, results), control);
    if (!run.ok()) return ForClients(run.status());
    if (run->split.has_value() && run->split->verified) {
      results.exchanges_verified = run->split->exchanges_of_run;
    }
    return results;
  };
}

}  // namespace sotto
