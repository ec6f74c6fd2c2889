#include "trusted/api/prompt_checks.h"

#include "base/strings.h"
#include "trusted/api/option_checks.h"

namespace sotto {
namespace {

bool IsId(int32_t id, size_t vocab_size) { return id >= 0 && static_cast<size_t>(id) < vocab_size; }

std::string PromptName(size_t prompt, std::span<const std::string> names) {
  return prompt < names.size() ? names[prompt] : StrCat("prompt ", prompt);
}

absl::Status CheckPrompt(const std::vector<int32_t>& ids, const std::string& name,
                         const PromptLimits& limits) {
  if (ids.empty() || ids.size() > limits.prefill_length) {
    return absl::InvalidArgumentError(
        StrCat(name, ": has ", ids.size(), " tokens; must be 1 to ", limits.prefill_length));
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    if (IsId(ids[i], limits.vocab_size)) continue;
    return absl::InvalidArgumentError(StrCat(name, ": the id at position ", i,
                                             " is beyond the model's vocabulary of ",
                                             limits.vocab_size));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPrompts(TokenPrompts prompts, const PromptLimits& limits) {
  if (prompts.empty()) return absl::InvalidArgumentError("no prompts");
  for (size_t i = 0; i < prompts.size(); ++i) {
    SOTTO_RETURN_IF_ERROR(CheckPrompt(prompts[i], PromptName(i, limits.names), limits));
  }
  return absl::OkStatus();
}

absl::Status CheckScoreOptions(TokenPrompts prompts, const ScoreOptions& options,
                               size_t vocab_size) {
  if (options.top_k > kMaxTopK) {
    return absl::InvalidArgumentError(StrCat("top_k: must be at most ", kMaxTopK));
  }
  if (options.top_k > vocab_size) {
    return absl::InvalidArgumentError(
        StrCat("top_k: ", options.top_k, ", but the model has ", vocab_size, " tokens"));
  }
  SOTTO_RETURN_IF_ERROR(CheckNamedTokens(prompts, options.named, vocab_size));
  if (options.first_tokens.empty()) return absl::OkStatus();
  if (options.first_tokens.size() != prompts.size()) {
    return absl::InvalidArgumentError(StrCat("first_tokens: ", options.first_tokens.size(),
                                             " given for ", prompts.size(), " prompts"));
  }
  for (size_t i = 0; i < prompts.size(); ++i) {
    if (options.first_tokens[i] >= 1 && options.first_tokens[i] <= prompts[i].size()) continue;
    return absl::InvalidArgumentError(StrCat("first_tokens: prompt ", i, " has ", prompts[i].size(),
                                             " tokens; must be at least 1 and at most that"));
  }
  return absl::OkStatus();
}

absl::Status CheckNamedTokens(TokenPrompts prompts, std::span<const NamedTokens> named,
                              size_t vocab_size) {
  for (size_t i = 0; i < named.size(); ++i) {
    const NamedTokens& wanted = named[i];
    SOTTO_RETURN_IF_ERROR(
        CheckEnum(StrCat("named tokens ", i, ": among"), wanted.among, NamedAmong::kNamed));
    if (wanted.prompt >= prompts.size()) {
      return absl::InvalidArgumentError(StrCat("named tokens ", i, ": no such prompt"));
    }
    if (wanted.position >= prompts[wanted.prompt].size()) {
      return absl::InvalidArgumentError(
          StrCat("named tokens ", i, ": the prompt has no position ", wanted.position));
    }
    for (const int32_t id : wanted.ids) {
      if (IsId(id, vocab_size)) continue;
      return absl::InvalidArgumentError(
          StrCat("named tokens ", i, ": an id is beyond the model's vocabulary of ", vocab_size));
    }
  }
  return absl::OkStatus();
}

}  // namespace sotto
