#include "trusted/service/classify_request.h"

#include <array>
#include <utility>

namespace sotto {
namespace {

constexpr std::array kClassifyMembers =
    std::to_array<std::string_view>({"model", "input", "priority", "user", kAddSpecialTokens,
                                     kParseSpecial, kTruncatePromptTokens, kTruncationSide});

}  // namespace

absl::StatusOr<ClassifyRequest> ParseClassifyRequest(std::string_view body,
                                                     const RequestLimits& limits) {
  SOTTO_ASSIGN_OR_RETURN(const RequestFields fields,
                         RequestFields::Parse(body, kClassifyMembers, limits));
  ClassifyRequest request;
  SOTTO_ASSIGN_OR_RETURN(std::optional<SecretString> model, fields.String("model"));
  request.model = std::move(model).value_or(SecretString());
  SOTTO_RETURN_IF_ERROR(fields.String("user").status());
  SOTTO_RETURN_IF_ERROR(fields.Only("priority", 0, "must be 0: all requests are alike"));
  SOTTO_ASSIGN_OR_RETURN(request.handling, ReadPromptHandling(fields));
  SOTTO_ASSIGN_OR_RETURN(request.inputs, ReadPrompts(fields, "input"));
  return request;
}

}  // namespace sotto
