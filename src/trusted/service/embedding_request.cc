#include "trusted/service/embedding_request.h"

#include <array>
#include <limits>
#include <utility>

#include "trusted/service/service_error.h"

namespace sotto {
namespace {

constexpr std::array kEmbeddingMembers = std::to_array<std::string_view>(
    {"model", "input", "encoding_format", "dimensions", "normalize", "priority", "user",
     kAddSpecialTokens, kParseSpecial, kTruncatePromptTokens, kTruncationSide});

}  // namespace

absl::StatusOr<EmbeddingRequest> ParseEmbeddingRequest(std::string_view body,
                                                       const RequestLimits& limits) {
  SOTTO_ASSIGN_OR_RETURN(const RequestFields fields,
                         RequestFields::Parse(body, kEmbeddingMembers, limits));
  EmbeddingRequest request;
  SOTTO_ASSIGN_OR_RETURN(std::optional<SecretString> model, fields.String("model"));
  request.model = std::move(model).value_or(SecretString());
  SOTTO_RETURN_IF_ERROR(fields.String("user").status());
  SOTTO_RETURN_IF_ERROR(fields.Only("priority", 0, "must be 0: all requests are alike"));
  SOTTO_RETURN_IF_ERROR(
      fields.Only("normalize", true, "must be true: embeddings are unit vectors"));
  SOTTO_ASSIGN_OR_RETURN(const std::optional<SecretString> format,
                         fields.String("encoding_format"));
  if (format.has_value() && *format != "float" && *format != "base64") {
    return MemberError("encoding_format", "must be float or base64");
  }
  if (format == SecretString("base64")) request.format = EmbeddingFormat::kBase64;
  SOTTO_ASSIGN_OR_RETURN(request.dimensions,
                         fields.Integer("dimensions", 1, std::numeric_limits<int32_t>::max()));
  SOTTO_ASSIGN_OR_RETURN(request.handling, ReadPromptHandling(fields));
  SOTTO_ASSIGN_OR_RETURN(request.inputs, ReadPrompts(fields, "input"));
  return request;
}

}  // namespace sotto
