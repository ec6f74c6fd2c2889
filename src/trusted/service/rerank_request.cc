#include "trusted/service/rerank_request.h"

#include <array>
#include <limits>
#include <utility>

#include "base/strings.h"
#include "trusted/service/request_json.h"
#include "trusted/service/service_error.h"

namespace sotto {
namespace {

constexpr std::array kRerankMembers = std::to_array<std::string_view>(
    {"model", "query", "documents", "top_n", "return_documents", "instruction", "priority", "user",
     "use_activation", "max_tokens_per_doc", "max_chunks_per_doc", "rank_fields",
     kTruncatePromptTokens, kTruncationSide});
constexpr std::array kScoreMembers = std::to_array<std::string_view>(
    {"model", "text_1", "text_2", "queries", "documents", "instruction", "priority", "user",
     "use_activation", kTruncatePromptTokens, kTruncationSide});

absl::Status ReadCommon(const RequestFields& fields, RerankRequest& request) {
  SOTTO_ASSIGN_OR_RETURN(std::optional<SecretString> model, fields.String("model"));
  request.model = std::move(model).value_or(SecretString());
  SOTTO_RETURN_IF_ERROR(fields.String("user").status());
  SOTTO_RETURN_IF_ERROR(fields.Only("priority", 0, "must be 0: all requests are alike"));
  SOTTO_ASSIGN_OR_RETURN(request.instruction, fields.String("instruction"));
  SOTTO_ASSIGN_OR_RETURN(request.use_activation, fields.Bool("use_activation", true));
  return ReadTruncation(fields, request.truncate, request.side);
}

// What other rerankers make of documents. None is ever split, and of its members only the text
// read.
absl::Status ReadDocumentHandling(const RequestFields& fields, RerankRequest& request) {
  SOTTO_ASSIGN_OR_RETURN(
      request.max_tokens_per_doc,
      fields.Integer("max_tokens_per_doc", 1, std::numeric_limits<int32_t>::max()));
  SOTTO_RETURN_IF_ERROR(fields.Only("max_chunks_per_doc", 1,
                                    "must be 1: a document is ranked as a whole; "
                                    "max_tokens_per_doc or truncate_prompt_tokens cuts it"));
  return fields.Only("rank_fields", RequestJson::array({"text"}),
                     "must be [\"text\"]: no other member of a document is read");
}

absl::StatusOr<SecretVector<SecretString>> ReadDocuments(const RequestFields& fields) {
  const RequestJson* const value = fields.Find("documents");
  if (value == nullptr || !value->is_array() || value->empty()) {
    return MemberError("documents", "must be an array of one or more");
  }
  SOTTO_RETURN_IF_ERROR(fields.CheckPromptCount("documents", value->size()));
  SecretVector<SecretString> documents;
  for (const RequestJson& element : *value) {
    const RequestJson* text = &element;
    if (element.is_object() && element.contains("text")) text = &element.at("text");
    if (!text->is_string()) {
      return MemberError("documents", StrCat("element ", documents.size(),
                                             " is neither a string nor an object with a text"));
    }
    documents.push_back(text->get_ref<const SecretString&>());
  }
  return documents;
}

// One side of pairs: a text, or no more than one request may have.
absl::StatusOr<SecretVector<SecretString>> ReadTexts(const RequestFields& fields,
                                                     std::string_view member) {
  const RequestJson* const value = fields.Find(member);
  const size_t count = value != nullptr && value->is_array() ? value->size() : 1;
  SOTTO_RETURN_IF_ERROR(fields.CheckPromptCount(member, count));
  return fields.Strings(member);
}

}  // namespace

absl::StatusOr<RerankRequest> ParseRerankRequest(std::string_view body,
                                                 const RequestLimits& limits) {
  SOTTO_ASSIGN_OR_RETURN(const RequestFields fields,
                         RequestFields::Parse(body, kRerankMembers, limits));
  RerankRequest request;
  SOTTO_RETURN_IF_ERROR(ReadCommon(fields, request));
  SOTTO_ASSIGN_OR_RETURN(std::optional<SecretString> query, fields.String("query"));
  if (!query.has_value()) return MemberError("query", "is required, a string");
  request.queries.push_back(*std::move(query));
  SOTTO_RETURN_IF_ERROR(ReadDocumentHandling(fields, request));
  SOTTO_ASSIGN_OR_RETURN(request.documents, ReadDocuments(fields));
  SOTTO_ASSIGN_OR_RETURN(request.top_n,
                         fields.Integer("top_n", 1, std::numeric_limits<int32_t>::max()));
  if (fields.Find("return_documents") != nullptr) {
    SOTTO_ASSIGN_OR_RETURN(request.return_documents, fields.Bool("return_documents", false));
  }
  return request;
}

absl::StatusOr<RerankRequest> ParseScoreRequest(std::string_view body,
                                                const RequestLimits& limits) {
  SOTTO_ASSIGN_OR_RETURN(const RequestFields fields,
                         RequestFields::Parse(body, kScoreMembers, limits));
  RerankRequest request;
  SOTTO_RETURN_IF_ERROR(ReadCommon(fields, request));
  for (const auto& [one, other] :
       {std::pair("queries", "text_1"), std::pair("documents", "text_2")}) {
    if (fields.Find(one) == nullptr || fields.Find(other) == nullptr) continue;
    return MemberError(one, StrCat("cannot be combined with ", other));
  }
  const char* const first = fields.Find("queries") != nullptr ? "queries" : "text_1";
  const char* const second = fields.Find("documents") != nullptr ? "documents" : "text_2";
  SOTTO_ASSIGN_OR_RETURN(request.queries, ReadTexts(fields, first));
  SOTTO_ASSIGN_OR_RETURN(request.documents, ReadTexts(fields, second));
  if (request.queries.size() == 1 || request.queries.size() == request.documents.size()) {
    return request;
  }
  return MemberError(
      second, StrCat("must have as many texts as ", first, ", which has ", request.queries.size(),
                     ", but has ", request.documents.size()));
}

}  // namespace sotto
