// What stands for a prompt in a request, and how it becomes token ids. TRUSTED: holds prompts.
#ifndef SOTTO_TRUSTED_SERVICE_PROMPT_INPUT_H_
#define SOTTO_TRUSTED_SERVICE_PROMPT_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/wiping_allocator.h"
#include "sotto/model.h"
#include "trusted/service/request_json.h"

namespace sotto {

struct PromptInput {
  SecretString text = {};
  std::optional<SecretIds> ids = {};  // Given instead of text.
};

enum class TruncationSide { kLeft, kRight };

// vLLM's members of these names; parse_special is llama.cpp's.
struct PromptHandling {
  bool add_special_tokens = true;  // Those of the tokenizer's template: for Llama, BOS.
  bool parse_special = true;       // Text that spells a special token becomes it.
  // Keep so many tokens at most; -1: as many as the server takes. Nullopt: a longer one is an
  // error.
  std::optional<int64_t> truncate = {};
  TruncationSide side = TruncationSide::kLeft;  // What goes.
};

// Names of the members above, for RequestFields::Parse().
inline constexpr std::string_view kAddSpecialTokens = "add_special_tokens",
                                  kParseSpecial = "parse_special",
                                  kTruncatePromptTokens = "truncate_prompt_tokens",
                                  kTruncationSide = "truncation_side";

absl::StatusOr<PromptHandling> ReadPromptHandling(const RequestFields& fields);
// The last two of them alone; `side` stays as it is where it is not given.
absl::Status ReadTruncation(const RequestFields& fields, std::optional<int64_t>& truncate,
                            TruncationSide& side);

// A string, an array of strings, an array of ids, or an array of such; one or more.
absl::StatusOr<SecretVector<PromptInput>> ReadPrompts(const RequestFields& fields,
                                                      std::string_view member);

// How a text is encoded.
EncodeTextOptions EncodingOf(const PromptHandling& handling);

// The prompt's ids, 1 to `longest` below the model's vocabulary size. INVALID_ARGUMENT naming
// `member` and, among several, the prompt; FAILED_PRECONDITION for text without a tokenizer.
absl::StatusOr<SecretIds> EncodePrompt(const Model& model, const PromptInput& prompt,
                                       const PromptHandling& handling, size_t longest,
                                       std::string_view member);
// Cuts and checks ids that were made of text or given; `kept` of the first stay where the left
// goes.
absl::StatusOr<SecretIds> FitPrompt(const Model& model, SecretIds ids, size_t kept,
                                    const PromptHandling& handling, size_t longest,
                                    std::string_view member);
// The one token that a label comes to by itself, without BOS, and as text where it spells a special
// token. INVALID_ARGUMENT where that is another number of tokens: which, for whoever names the
// label. FAILED_PRECONDITION without a tokenizer.
absl::StatusOr<int32_t> LabelToken(const Model& model, std::string_view label);
// INVALID_ARGUMENT naming `member` for an id outside the vocabulary.
absl::Status CheckIds(const Model& model, std::span<const int32_t> ids, std::string_view member);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_PROMPT_INPUT_H_
