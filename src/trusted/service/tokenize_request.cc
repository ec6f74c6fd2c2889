#include "trusted/service/tokenize_request.h"

#include <array>
#include <utility>

#include "trusted/service/service_error.h"

namespace sotto {
namespace {

constexpr std::array kTokenizeMembers =
    std::to_array<std::string_view>({"model", "prompt", "content", kAddSpecialTokens, "add_special",
                                     kParseSpecial, "return_token_strs"});
constexpr std::array kDetokenizeMembers = std::to_array<std::string_view>({"model", "tokens"});

}  // namespace

absl::StatusOr<TokenizeRequest> ParseTokenizeRequest(std::string_view body,
                                                     const RequestLimits& limits) {
  SOTTO_ASSIGN_OR_RETURN(const RequestFields fields,
                         RequestFields::Parse(body, kTokenizeMembers, limits));
  TokenizeRequest request;
  SOTTO_ASSIGN_OR_RETURN(std::optional<SecretString> model, fields.String("model"));
  request.model = std::move(model).value_or(SecretString());
  for (const auto& [one, other] :
       {std::pair("content", "prompt"), std::pair("add_special", kAddSpecialTokens.data())}) {
    if (fields.Find(one) == nullptr || fields.Find(other) == nullptr) continue;
    return MemberError(one, StrCat("cannot be combined with ", other));
  }
  SOTTO_ASSIGN_OR_RETURN(std::optional<SecretString> text, fields.String("prompt"));
  if (!text.has_value()) {
    SOTTO_ASSIGN_OR_RETURN(text, fields.String("content"));
  }
  if (!text.has_value()) return MemberError("prompt", "is required, a string");
  request.text = *std::move(text);
  SOTTO_ASSIGN_OR_RETURN(const bool add_special, fields.Bool("add_special", true));
  SOTTO_ASSIGN_OR_RETURN(request.handling.add_special_tokens,
                         fields.Bool(kAddSpecialTokens, add_special));
  SOTTO_ASSIGN_OR_RETURN(request.handling.parse_special, fields.Bool(kParseSpecial, true));
  SOTTO_ASSIGN_OR_RETURN(request.return_token_strs, fields.Bool("return_token_strs", false));
  return request;
}

absl::StatusOr<DetokenizeRequest> ParseDetokenizeRequest(std::string_view body,
                                                         const RequestLimits& limits) {
  SOTTO_ASSIGN_OR_RETURN(const RequestFields fields,
                         RequestFields::Parse(body, kDetokenizeMembers, limits));
  DetokenizeRequest request;
  SOTTO_ASSIGN_OR_RETURN(std::optional<SecretString> model, fields.String("model"));
  request.model = std::move(model).value_or(SecretString());
  SOTTO_ASSIGN_OR_RETURN(std::optional<SecretIds> ids, fields.Ids("tokens"));
  if (!ids.has_value()) return MemberError("tokens", "is required, an array of token ids");
  request.ids = *std::move(ids);
  return request;
}

}  // namespace sotto
