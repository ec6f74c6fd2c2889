#include "trusted/service/prompt_input.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/strings.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

constexpr int64_t kLongestPrompt = std::numeric_limits<int32_t>::max();

absl::StatusOr<PromptInput> ReadPrompt(const RequestJson& value, std::string_view member) {
  PromptInput prompt;
  if (value.is_string()) {
    prompt.text = value.get_ref<const SecretString&>();
    return prompt;
  }
  if (!value.is_array()) {
    return MemberError(member, "must be a string, strings, token ids, or arrays of token ids");
  }
  SOTTO_ASSIGN_OR_RETURN(prompt.ids, IdsOfArray(value, member));
  return prompt;
}

}  // namespace

absl::StatusOr<PromptHandling> ReadPromptHandling(const RequestFields& fields) {
  PromptHandling handling;
  SOTTO_ASSIGN_OR_RETURN(handling.add_special_tokens, fields.Bool(kAddSpecialTokens, true));
  SOTTO_ASSIGN_OR_RETURN(handling.parse_special, fields.Bool(kParseSpecial, true));
  SOTTO_RETURN_IF_ERROR(ReadTruncation(fields, handling.truncate, handling.side));
  return handling;
}

absl::Status ReadTruncation(const RequestFields& fields, std::optional<int64_t>& truncate,
                            TruncationSide& side) {
  SOTTO_ASSIGN_OR_RETURN(truncate, fields.Integer(kTruncatePromptTokens, -1, kLongestPrompt));
  if (truncate == 0) return MemberError(kTruncatePromptTokens, "must not be 0");
  SOTTO_ASSIGN_OR_RETURN(const std::optional<SecretString> name, fields.String(kTruncationSide));
  if (!name.has_value()) return absl::OkStatus();
  if (*name != "left" && *name != "right") {
    return MemberError(kTruncationSide, "must be left or right");
  }
  side = *name == "left" ? TruncationSide::kLeft : TruncationSide::kRight;
  return absl::OkStatus();
}

absl::StatusOr<SecretVector<PromptInput>> ReadPrompts(const RequestFields& fields,
                                                      std::string_view member) {
  const RequestJson* const value = fields.Find(member);
  if (value == nullptr) return MemberError(member, "is required");
  SecretVector<PromptInput> prompts;
  if (!value->is_array() || (!value->empty() && IsIdArray(*value))) {
    SOTTO_ASSIGN_OR_RETURN(prompts.emplace_back(), ReadPrompt(*value, member));
    return prompts;
  }
  if (value->empty()) return MemberError(member, "is empty");
  SOTTO_RETURN_IF_ERROR(fields.CheckPromptCount(member, value->size()));
  for (const RequestJson& element : *value) {
    if (element.is_string() != value->front().is_string()) {
      return MemberError(member, "must be all texts, or all token ids");
    }
    SOTTO_ASSIGN_OR_RETURN(prompts.emplace_back(), ReadPrompt(element, member));
  }
  return prompts;
}

EncodeTextOptions EncodingOf(const PromptHandling& handling) {
  return {.bos = handling.add_special_tokens ? BosUse::kAuto : BosUse::kNever,
          .special_tokens = handling.parse_special};
}

absl::StatusOr<int32_t> LabelToken(const Model& model, std::string_view label) {
  const TextPart part{label, /*special_tokens=*/false};
  SOTTO_ASSIGN_OR_RETURN(TokenIds encoded, model.EncodeParts({&part, 1}, {.bos = BosUse::kNever}));
  const SecretIds ids = TakeIds(std::move(encoded));
  if (ids.size() == 1) return ids[0];
  return absl::InvalidArgumentError(StrCat("comes to ", ids.size(), " tokens; it must be one"));
}

absl::Status CheckIds(const Model& model, std::span<const int32_t> ids, std::string_view member) {
  const auto size = static_cast<int64_t>(model.info().vocab_size);
  const auto bad = std::ranges::find_if(ids, [&](int32_t id) { return id < 0 || id >= size; });
  if (bad == ids.end()) return absl::OkStatus();
  return MemberError(member, StrCat("the id at position ", bad - ids.begin(),
                                    " is beyond the model's vocabulary of ", size));
}

absl::StatusOr<SecretIds> FitPrompt(const Model& model, SecretIds ids, size_t kept,
                                    const PromptHandling& handling, size_t longest,
                                    std::string_view member) {
  if (ids.empty()) return MemberError(member, "comes to no token");
  SOTTO_RETURN_IF_ERROR(CheckIds(model, ids, member));
  size_t limit = longest;
  if (handling.truncate.value_or(-1) > 0) {
    limit = std::min(limit, static_cast<size_t>(*handling.truncate));
  }
  if (ids.size() <= limit) return ids;
  if (!handling.truncate.has_value()) {
    return MemberError(member, StrCat("comes to ", ids.size(), " tokens, more than the ", limit,
                                      " that this server takes; truncate_prompt_tokens cuts it"));
  }
  if (handling.side == TruncationSide::kRight) {
    ids.resize(limit);
    return ids;
  }
  kept = std::min(kept, limit);
  const auto begin = ids.begin() + static_cast<ptrdiff_t>(kept);
  ids.erase(begin, begin + static_cast<ptrdiff_t>(ids.size() - limit));
  return ids;
}

absl::StatusOr<SecretIds> EncodePrompt(const Model& model, const PromptInput& prompt,
                                       const PromptHandling& handling, size_t longest,
                                       std::string_view member) {
  if (prompt.ids.has_value()) {
    return FitPrompt(model, *prompt.ids, 0, handling, longest, member);
  }
  absl::StatusOr<TokenIds> ids = model.Encode(prompt.text, EncodingOf(handling));
  if (!ids.ok()) return WithMember(ids.status(), member);
  const size_t kept = handling.add_special_tokens ? model.bos_ids().size() : 0;
  return FitPrompt(model, TakeIds(*std::move(ids)), kept, handling, longest, member);
}

}  // namespace sotto
